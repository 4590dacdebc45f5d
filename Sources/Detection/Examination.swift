import Foundation
import Media
import Models
import Tensors
import Training

/// What a model says of one image or sound: how likely it is, where the surprise lies, and what
/// each level makes of it. A model with classes takes it as of the likeliest.
public struct Examination: Sendable {
  /// What a level adds.
  public struct Level: Sendable {
    /// Bits a dimension of the whole, by the flows' log-det and by the latent's density. All
    /// levels' add up to `bitsPerDimension` less the bits of a bin.
    public let logDetBits, densityBits: Double
    /// The latent brought to N(0, 1), [1, H, W, C].
    public let latent: Tensor
  }

  /// Bits/dim, with the noise that `glow eval` gives a set's first file.
  public let bitsPerDimension: Double
  /// The bits of a bin, in bits/dim.
  public let binBits: Double
  /// Bits a pixel, or a frame, that add up to the whole.
  public let map: SurpriseMap
  /// The first level's first.
  public let levels: [Level]

  /// Of the samples of one example, H,W,C, `width` columns of them, which the levels must divide.
  public init(of samples: [Int16], width: Int, by glow: Glow, seed: UInt64 = 0) {
    let c = glow.configuration
    let shape = [1, c.height, width, c.channels]
    let noise = RandomStream(seed: seed, .validationNoise).uniform(shape)
    let size = shape.reduce(1, *)
    let bit = -1 / (Double(size) * log(2))
    let (terms, maps) = glow.computing(in: .float32) {
      let drawn = glow.dequantize(samples, noise: noise)
      return (glow.terms(drawn), glow.surprise(drawn))
    }
    levels = terms.map {
      Level(
        logDetBits: $0.logDet[0] * bit, densityBits: $0.logDensity[0] * bit,
        latent: $0.standardized)
    }
    binBits = Double(c.grid.binBits)
    bitsPerDimension = levels.reduce(binBits) { $0 + $1.logDetBits + $1.densityBits }
    map = maps[0].bits(channels: c.channels, binBits: c.grid.binBits)
  }
}
