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

  /// Whether z lies in (0, 1).
  var isBounded: Bool { get }

  /// What is learned, by its names in a checkpoint.
  var coefficients: [(name: String, variable: Variable)] { get }
}

extension BaseDistribution {
  public var isBounded: Bool { false }
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
