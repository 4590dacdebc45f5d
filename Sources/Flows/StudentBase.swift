import Foundation
import Tensors

/// Student's t distribution in every column, whose tails fall with a power.
///
///     log p(z) = Σ log Γ((ν+1)/2) − log Γ(ν/2) − ½ log νπ − (ν+1)/2·log(1 + z²/ν)
///
/// z: [N, D]; ν: degrees of freedom.
public struct StudentBase: BaseDistribution {
  public let columns: Int
  /// ν, above 0.
  public let degrees: Double

  /// With ν = `degrees` above 0.
  public init(columns: Int, degrees: Double) {
    precondition(degrees > 0)
    (self.columns, self.degrees) = (columns, degrees)
  }

  public func logDensity(_ z: Variable) -> Variable {
    let one = lgamma((degrees + 1) / 2) - lgamma(degrees / 2) - 0.5 * log(degrees * Double.pi)
    let tails = (z.square() / Float(degrees)).log1p().rowSums()
    return -Float((degrees + 1) / 2) * tails + Float(columns) * Float(one)
  }

  public func sample(_ rows: Range<Int>, seed: UInt64, temperature: Float) -> Tensor {
    let normals = noise(rows, seed: seed).elements
    return Tensor(
      rows.enumerated().flatMap { i, row -> [Float] in
        // a stream a row, apart from the one of the normals
        var generator = RandomStream(seed: seed, .samples, 1 << 40 + row).generator
        return (0..<columns).map { c in
          let scale = (2 * Gamma.sample(degrees / 2, &generator) / degrees).squareRoot()
          return temperature * normals[i * columns + c] / Float(scale)
        }
      }, shape: [rows.count, columns])
  }
}
