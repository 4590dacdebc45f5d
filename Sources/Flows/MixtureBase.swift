import Tensors

/// A mixture of Gaussians with learned weights, means and scales.
///
///     log p(z) = log Σ_k π_k N(z; mean_k, e^logScale_k)
///
/// z: [N, D]; weights (their logits): [classes, K]; means, logScales: [classes·K, D].
public struct MixtureBase: BaseDistribution {
  public let columns: Int
  /// K, of each class.
  public let components: Int
  private let weights, means, logScales: Variable

  /// K components about the origin, apart from each other, for each class where there are any.
  public init(columns: Int, components k: Int, classes: Int = 1, random: RandomStream) {
    self.init(
      columns: columns, components: k, weights: .zeros([classes, k]),
      means: .normal([classes * k, columns], deviation: 1, random),
      logScales: .zeros([classes * k, columns]))
  }

  private init(
    columns: Int, components: Int, weights: Variable, means: Variable, logScales: Variable
  ) {
    (self.columns, self.components) = (columns, components)
    (self.weights, self.means, self.logScales) = (weights, means, logScales)
  }

  public func ofClasses(_ classes: Tensor) -> any BaseDistribution {
    let own = { (all: Variable) in Variable.product(Variable(classes), all) }
    return MixtureBase(
      columns: columns, components: components, weights: own(weights), means: own(byRow(means)),
      logScales: own(byRow(logScales)))
  }

  /// [classes or N, K·D]
  private func byRow(_ parameters: Variable) -> Variable {
    parameters.reshaped([weights.rows, components * columns])
  }

  public var coefficients: [(name: String, variable: Variable)] {
    [("weights", weights), ("means", means), ("log_scales", logScales)]
  }

  public func logDensity(_ z: Variable) -> Variable {
    let (d, k) = (columns, components)
    let (centers, scales) = (byRow(means), byRow(logScales))
    let terms = (0..<k).map { i -> Variable in
      let own = i * d..<(i + 1) * d
      let e = (z - centers.columns(own)) * (-scales.columns(own)).exp()
      return -0.5 * e.square().rowSums() - scales.columns(own).rowSums()
    }
    let shares = weights - weights.logSumExp()
    return (.concatenated(terms) + shares).logSumExp() - Float(d) * halfLogTwoPi
  }

  public func sample(_ rows: Range<Int>, seed: UInt64, temperature: Float) -> Tensor {
    let shares = (weights - weights.logSumExp()).exp().rowValues
    let (centers, scales) = (byRow(means).rowValues, byRow(logScales).exp().rowValues)
    let noise = noise(rows, seed: seed).elements
    return Tensor(
      rows.enumerated().flatMap { i, row -> [Float] in
        let stream = RandomStream(seed: seed, .samples, 1 << 40 + row)
        var left = stream.uniform([1]).elements[0]
        let own = shares(i)
        let k =
          own.indices.first {
            left -= own[$0]
            return left < 0
          } ?? components - 1
        let (center, scale) = (centers(i), scales(i))
        return (0..<columns).map { c in
          let place = k * columns + c
          return center[place] + temperature * scale[place] * noise[i * columns + c]
        }
      }, shape: [rows.count, columns])
  }
}
