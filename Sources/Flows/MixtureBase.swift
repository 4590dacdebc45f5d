import Tensors

/// A mixture of Gaussians with learned weights, means and scales.
///
///     log p(z) = log Σ_k π_k N(z; mean_k, e^logScale_k)
///
/// z: [N, D]; weights (their logits): [1, K]; means, logScales: [K, D].
public struct MixtureBase: BaseDistribution {
  public let columns: Int
  public let components: Int
  private let weights, means, logScales: Variable

  /// K components about the origin, apart from each other.
  public init(columns: Int, components k: Int, random: RandomStream) {
    (self.columns, components) = (columns, k)
    weights = .zeros([1, k])
    means = .normal([k, columns], deviation: 1, random)
    logScales = .zeros([k, columns])
  }

  public var coefficients: [(name: String, variable: Variable)] {
    [("weights", weights), ("means", means), ("log_scales", logScales)]
  }

  public func logDensity(_ z: Variable) -> Variable {
    let (d, k) = (columns, components)
    let (centers, scales) = (means.reshaped([1, k * d]), logScales.reshaped([1, k * d]))
    let terms = (0..<k).map { i -> Variable in
      let own = i * d..<(i + 1) * d
      let e = (z - centers.columns(own)) * (-scales.columns(own)).exp()
      return -0.5 * e.square().rowSums() - scales.columns(own).rowSums()
    }
    let shares = weights - weights.logSumExp()
    return (.concatenated(terms) + shares).logSumExp() - Float(d) * halfLogTwoPi
  }

  public func sample(_ rows: Range<Int>, seed: UInt64, temperature: Float) -> Tensor {
    let shares = (weights - weights.logSumExp()).exp().value.elements
    let (centers, scales) = (means.value.elements, logScales.exp().value.elements)
    let noise = noise(rows, seed: seed).elements
    return Tensor(
      rows.enumerated().flatMap { i, row -> [Float] in
        let stream = RandomStream(seed: seed, .samples, 1 << 40 + row)
        var left = stream.uniform([1]).elements[0]
        let k =
          shares.indices.first {
            left -= shares[$0]
            return left < 0
          } ?? components - 1
        return (0..<columns).map { c in
          centers[k * columns + c] + temperature * scales[k * columns + c] * noise[i * columns + c]
        }
      }, shape: [rows.count, columns])
  }
}
