import Foundation
import Tensors

/// What examples are as data, apart from any architecture: their size, and how integers become
/// reals and nats become bits.
public struct ExampleFormat: Equatable, Sendable {
  /// In pixels. A sound is an image one row high, a column a frame.
  public var height, width: Int
  /// 1 for gray, 3 for colour; a sound's channels.
  public var channels: Int
  /// Images, or sound at a rate.
  public var medium: Medium
  /// What a model wants widths to be a multiple of.
  public var unit: Int

  /// Examples of this size.
  public init(height: Int, width: Int, channels: Int, medium: Medium, unit: Int = 1) {
    (self.height, self.width, self.channels) = (height, width, channels)
    (self.medium, self.unit) = (medium, unit)
  }

  /// Dimensions of one example, D in bits/dim.
  public var dimensions: Int { height * width * channels }

  /// The uniform noise of a stream for so many samples, [N, H, W, C], behind that of `first`
  /// examples.
  public func noise(_ samples: Int, _ stream: RandomStream, from first: Int = 0) -> Tensor {
    stream.uniform(
      [samples / dimensions, height, width, channels], from: first * dimensions)
  }

  /// x, [N, H, W, C], every sample in the middle of its bin.
  public func centered(_ samples: [Int16]) -> Tensor {
    let shape = [samples.count / dimensions, height, width, channels]
    return .dequantized(samples, noise: Tensor(repeating: 0.5, shape: shape), on: medium.grid)
  }

  /// Bits per dimension of log-likelihoods in nats:
  ///
  ///     bits/dim = −log p(x) / (D ln 2) + log2(1/Δ),  Δ = 2^−bits; 2^−15 for sound
  ///
  /// so that a uniform guess is exactly `bits`. D is the format's unless given. Theis et al.
  /// (2016), section 3.1.
  public func bitsPerDimension(_ logLikelihood: Double, dimensions: Int? = nil) -> Double {
    let d = Double(dimensions ?? self.dimensions)
    return -logLikelihood / (d * log(2)) + Double(medium.grid.binBits)
  }

  /// The weight of each example's log-likelihood in the mean bits/dim of `count` of them.
  public func lossWeight(count: Int) -> Float {
    Float(-1 / (Double(count * dimensions) * log(2)))
  }
}
