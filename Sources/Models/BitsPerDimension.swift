import Foundation

extension GlowConfiguration {
  /// Bits per dimension of log-likelihoods in nats:
  ///
  ///     bits/dim = −log p(x) / (D ln 2) + log2(1/Δ),  Δ = 2^−bits; 2^−15 for sound
  ///
  /// so that a uniform guess is exactly `bits`. D is the model's unless given. Theis et al. (2016),
  /// section 3.1.
  public func bitsPerDimension(_ logLikelihood: Double, dimensions: Int? = nil) -> Double {
    -logLikelihood / (Double(dimensions ?? self.dimensions) * log(2)) + Double(grid.binBits)
  }

  /// The weight of each example's log-likelihood in the mean bits/dim of `count` of them.
  public func lossWeight(count: Int) -> Float {
    Float(-1 / (Double(count * dimensions) * log(2)))
  }
}
