import Foundation
import Tensors

/// The Beta distribution in every column.
///
///     log p(z) = Σ (a − 1) log z + (b − 1) log(1 − z) − log B(a, b)
///
/// z: [N, D], in (0, 1).
public struct BetaBase: UnitIntervalBase {
  public let columns: Int
  /// The two shapes, above 0.
  public let a, b: Double

  /// Beta(a, b), both above 0.
  public init(columns: Int, a: Double, b: Double) {
    precondition(a > 0 && b > 0)
    (self.columns, self.a, self.b) = (columns, a, b)
  }

  private var constant: Float { Float(Double(columns) * (lgamma(a + b) - lgamma(a) - lgamma(b))) }

  public func logDensity(_ z: Variable) -> Variable {
    (Float(a - 1) * z.log() + Float(b - 1) * (-z).log1p()).rowSums() + constant
  }

  /// log z = −softplus(−y), log(1 − z) = −softplus(y)
  public func logDensity(logit y: Variable) -> Variable {
    constant - (Float(a) * (-y).softplus() + Float(b) * y.softplus()).rowSums()
  }

  public func sample(_ rows: Range<Int>, seed: UInt64, temperature: Float) -> Tensor {
    Tensor(
      rows.flatMap { row -> [Float] in
        var generator = RandomStream(seed: seed, .samples, row).generator
        return (0..<columns).map { _ in
          let (x, y) = (Gamma.sample(a, &generator), Gamma.sample(b, &generator))
          return min(max(Float(x / (x + y)), 0x1p-25), 1 - 0x1p-24)
        }
      }, shape: [rows.count, columns])
  }
}

/// Draws of the Gamma distribution with scale 1. Marsaglia & Tsang (2000).
enum Gamma {
  static func sample(_ shape: Double, _ generator: inout some RandomNumberGenerator) -> Double {
    func uniform() -> Double {
      Double.random(in: Double.leastNonzeroMagnitude..<1, using: &generator)
    }
    if shape < 1 { return sample(shape + 1, &generator) * pow(uniform(), 1 / shape) }
    let d = shape - 1.0 / 3
    while true {
      let x = (-2 * log(uniform())).squareRoot() * cos(2 * Double.pi * uniform())
      let v = 1 + x / (9 * d).squareRoot()
      if v > 0, log(uniform()) < 0.5 * x * x + d - d * v * v * v + 3 * d * log(v) {
        return d * v * v * v
      }
    }
  }
}
