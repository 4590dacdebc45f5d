import Foundation
import Tensors

/// What can be seen of a VAE of two latent dimensions.
extension VAE {
  /// The means of p(x|z) on a grid of latents, `side` × `side` examples row by row: z₁ rises to the
  /// right and z₂ upwards, over equal shares of N(0, 1). Kingma & Welling (2014), appendix A.
  public func manifold(_ side: Int) -> Tensor {
    precondition(configuration.latent == 2, "a plane of \(configuration.latent) dimensions")
    let quantiles = (0..<side).map { Self.normalQuantile((Double($0) + 0.5) / Double(side)) }
    let z = quantiles.reversed().flatMap { down in quantiles.flatMap { [Float($0), Float(down)] } }
    return decode(Tensor(z, shape: [side * side, 2]))
  }

  /// q(z|x) and the true posterior of one example, each over the cells of a rectangle that holds what
  /// q has drawn.
  public struct PosteriorPlane: Sendable {
    /// What the rectangle covers.
    public let x, y: ClosedRange<Double>
    /// Densities at the middles of the cells, row after row, the first the lowest. The truth is
    /// p(x, z) divided by its sum over the rectangle.
    public let truth, approximation: [Double]
  }

  /// The plane of one example, in `cells` × `cells`.
  public func posteriorPlane(of x: Tensor, cells: Int, seed: UInt64) -> PosteriorPlane {
    precondition(configuration.latent == 2, "a plane of \(configuration.latent) dimensions")
    let draws = encode(x, noise: RandomStream(seed: seed, .samples).normal([2000, 2])).elements
    func range(_ column: Int) -> (middle: Double, reach: Double) {
      let all = stride(from: column, to: draws.count, by: 2).map { Double(draws[$0]) }.sorted()
      let (low, high) = (all[all.count / 100], all[all.count - 1 - all.count / 100])
      return ((low + high) / 2, max(1.4 * (high - low) / 2, 1e-3))
    }
    let (across, up) = (range(0), range(1))
    let reach = max(across.reach, up.reach)
    let ranges = [across, up].map { $0.middle - reach...$0.middle + reach }
    let width = 2 * reach / Double(cells)
    func middles(_ range: ClosedRange<Double>) -> [Float] {
      (0..<cells).map { Float(range.lowerBound + (Double($0) + 0.5) * width) }
    }
    let columns = middles(ranges[0])
    let z = middles(ranges[1]).flatMap { y in columns.flatMap { [$0, y] } }
    let all = Tensor(z, shape: [cells * cells, 2])
    let step = 1024
    var (joint, approximation): ([Double], [Double]) = ([], [])
    for first in stride(from: 0, to: all.examples, by: step) {
      let part = all.examples(first..<min(first + step, all.examples))
      joint += jointLogDensity(part, x)
      approximation += posteriorLogDensity(part, of: x).map { exp($0) }
    }
    let most = joint.max() ?? 0
    let shares = joint.map { exp($0 - most) }
    let total = shares.reduce(0, +) * width * width
    return PosteriorPlane(
      x: ranges[0], y: ranges[1], truth: shares.map { $0 / total }, approximation: approximation)
  }

  /// z with Φ(z) = p, by bisection.
  private static func normalQuantile(_ p: Double) -> Double {
    var (low, high) = (-10.0, 10.0)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if erfc(-middle / 2.0.squareRoot()) / 2 < p { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}
