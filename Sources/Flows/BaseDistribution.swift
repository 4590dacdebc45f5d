import Foundation
import Tensors

/// Where a flow ends: a density of latents that can be drawn from.
///
/// z: [N, D]; densities in nats.
public protocol BaseDistribution {
  /// D.
  var columns: Int { get }

  /// log p(z), [N, 1]; −∞ where z is outside of the support.
  func logDensity(_ z: Variable) -> Variable

  /// Draws `rows`, [rows.count, D]: row n is a function of the seed and n alone. Deviations are
  /// multiplied by `temperature` where there are any.
  func sample(_ rows: Range<Int>, seed: UInt64, temperature: Float) -> Tensor

  /// That of examples of these classes, one-hot, [N, classes]; of one example, [1, classes], that
  /// of all. The same where there is nothing to learn.
  func ofClasses(_ classes: Tensor) -> any BaseDistribution

  /// What is learned, by its names in a checkpoint.
  var coefficients: [(name: String, variable: Variable)] { get }
}

/// A base on (0, 1), which is also a density on the line: that of y = logit z.
public protocol UnitIntervalBase: BaseDistribution {
  /// log p(y) = log p(z) + Σ log z(1 − z) at z = 1/(1 + e⁻ʸ), [N, 1]: what a base behind a sigmoid
  /// gives, to any distance out. z itself is rounded to 1 from y = 17 on.
  func logDensity(logit y: Variable) -> Variable
}

extension BaseDistribution {
  /// Whether z lies in (0, 1).
  public var isBounded: Bool { self is any UnitIntervalBase }
  public func ofClasses(_ classes: Tensor) -> any BaseDistribution { self }
  public var coefficients: [(name: String, variable: Variable)] { [] }

  /// Calls `body` with each parameter and its name, which begins with `path`.
  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    for (name, variable) in coefficients {
      if let parameter = variable.parameter { body("\(path).\(name)", parameter) }
    }
  }

  /// Standard normal noise for these rows.
  func noise(_ rows: Range<Int>, seed: UInt64) -> Tensor {
    RandomStream(seed: seed, .samples).normal(
      [rows.count, columns], from: rows.lowerBound * columns)
  }
}

let halfLogTwoPi = Float(0.5 * log(2 * Double.pi))
