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

  /// q(z|x) and the true posterior of one example, each over the cells of a square that holds
  /// nearly all of both.
  public struct PosteriorPlane: Sendable {
    /// What the square covers.
    public let x, y: ClosedRange<Double>
    /// Densities at the middles of the cells, row after row, the first the lowest. The truth is
    /// p(x, z) divided by its integral over the square.
    public let truth, approximation: [Double]
  }

  /// The plane of one example, in `cells` × `cells`.
  public func posteriorPlane(of x: Tensor, cells: Int, seed: UInt64) -> PosteriorPlane {
    precondition(configuration.latent == 2, "a plane of \(configuration.latent) dimensions")
    let draws = encode(x, noise: RandomStream(seed: seed, .samples).normal([2000, 2]))
    let near = LatentSquare(around: draws, cells: cells)
    // where the truth lies is found on a wider square, of cells that need not be small
    let wide = near.widened(by: 6)
    let joint = jointLogDensities(wide.middles, x)
    let least = (joint.max() ?? 0) - 4
    let likely = joint.indices.filter { joint[$0] >= least }
    let middles = wide.middles.elements
    let held = likely.flatMap { [middles[2 * $0], middles[2 * $0 + 1]] } + draws.elements
    let square = LatentSquare(
      around: Tensor(held, shape: [held.count / 2, 2]), cells: cells, leavingOut: 0.002)
    let truth = jointLogDensities(square.middles, x)
    let most = truth.max() ?? 0
    let total = truth.reduce(0) { $0 + exp($1 - most) } * square.cell * square.cell
    return PosteriorPlane(
      x: square.x, y: square.y, truth: truth.map { exp($0 - most) / total },
      approximation: posteriorLogDensity(square.middles, of: x).map { exp($0) })
  }

  /// log p(x, z) of many latents, some of them at a time.
  private func jointLogDensities(_ z: Tensor, _ x: Tensor) -> [Double] {
    stride(from: 0, to: z.examples, by: 1024).flatMap { first in
      jointLogDensity(z.examples(first..<min(first + 1024, z.examples)), x)
    }
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

/// A square of the plane of latents, cut into cells.
private struct LatentSquare {
  let x, y: ClosedRange<Double>
  let cells: Int

  /// Around points, [N, 2], but for the outermost on each side, with some room.
  init(around points: Tensor, cells: Int, leavingOut share: Double = 0.01) {
    let all = points.elements
    func range(_ column: Int) -> (middle: Double, reach: Double) {
      let own = stride(from: column, to: all.count, by: 2).map { Double(all[$0]) }.sorted()
      let out = Int(share * Double(own.count))
      let (low, high) = (own[out], own[own.count - 1 - out])
      return ((low + high) / 2, max(1.2 * (high - low) / 2, 1e-3))
    }
    let (across, up) = (range(0), range(1))
    let reach = max(across.reach, up.reach)
    self.init(across.middle, up.middle, reach, cells)
  }

  private init(_ x: Double, _ y: Double, _ reach: Double, _ cells: Int) {
    (self.x, self.y, self.cells) = (x - reach...x + reach, y - reach...y + reach, cells)
  }

  func widened(by factor: Double) -> LatentSquare {
    LatentSquare(
      (x.lowerBound + x.upperBound) / 2, (y.lowerBound + y.upperBound) / 2,
      factor * (x.upperBound - x.lowerBound) / 2, cells)
  }

  /// A cell's side.
  var cell: Double { (x.upperBound - x.lowerBound) / Double(cells) }

  /// The middles of the cells, [cells², 2], row after row from the lowest.
  var middles: Tensor {
    func places(_ range: ClosedRange<Double>) -> [Float] {
      (0..<cells).map { Float(range.lowerBound + (Double($0) + 0.5) * cell) }
    }
    let columns = places(x)
    return Tensor(
      places(y).flatMap { y in columns.flatMap { [$0, y] } }, shape: [cells * cells, 2])
  }
}
