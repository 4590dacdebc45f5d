import Flows
import Foundation
import Tensors

/// What one level adds to log p(x) of each example.
public struct LevelTerms: Sendable {
  /// Σ log|det J| of the level's flows, nats; the first level's with that of a dequantizer.
  public let logDet: [Double]
  /// The log density of the level's latent, nats.
  public let logDensity: [Double]
  /// The latent less its mean over its deviation, [N, H, W, C]: N(0, 1) where x is of the model.
  public let standardized: Tensor
}

extension Glow {
  /// log p(x) in its terms, the first level's first:
  ///
  ///     log p(x) = Σ_levels logDet + logDensity                                  nats, per example
  ///
  /// A model with classes takes each example as of the class that makes it most likely.
  public func terms(_ drawn: Dequantized) -> [LevelTerms] {
    var (next, terms): (Tensor?, [LevelTerms]) = (drawn.x, [])
    for level in levels {
      guard let x = next else { break }
      var (z, logDet, _) = level.chain.transform(x)
      if terms.isEmpty { logDet = zip(logDet, drawn.logDet).map { $0 + $1 } }
      let (rest, latent, density) = level.latent(z) { $0.likeliestLabels(z) }
      next = rest
      terms.append(
        LevelTerms(
          logDet: logDet, logDensity: density.logDensity(latent),
          standardized: density.standardized(latent)))
    }
    return terms
  }

  /// Where in each example the surprise lies: −log p(x) by pixels, nats.
  ///
  /// A coupling's log-det and the density of a latent are sums over the positions of their level,
  /// those of actnorms and 1×1 convolutions the same at each. A position of level l stands for a
  /// block of 2^l × 2^l pixels (of sound, 2^l frames), l from 1, in which its share is spread
  /// evenly; what a dequantizer adds is spread over all. Nothing is left out: the map adds up to
  /// −log p(x), as `terms` has it.
  public func surprise(_ drawn: Dequantized) -> [SurpriseMap] {
    let (height, width) = (drawn.x.shape[1], drawn.x.shape[2])
    var maps = drawn.logDet.map {
      SurpriseMap(height: height, width: width, repeating: -$0 / Double(height * width))
    }
    var next: Tensor? = drawn.x
    for level in levels {
      guard let x = next else { break }
      var (z, nats) = level.chain.transformByPosition(x)
      let (rest, latent, density) = level.latent(z) { $0.likeliestLabels(z) }
      next = rest
      for (r, value) in density.logDensityByPosition(latent).enumerated() { nats[r] += value }
      let (h, w) = (z.shape[1], z.shape[2])
      for n in maps.indices {
        maps[n].add(nats[n * h * w..<(n + 1) * h * w].map { -$0 }, rows: h, columns: w)
      }
    }
    return maps
  }
}
