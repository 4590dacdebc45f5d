import Flows
import Foundation
import Media
import Models
import Tensors
import Testing
import Training

/// What a fitted flow is off by is the same seen from either side: with p the density of the data,
/// q the model's, p* the density of ε = f(x) and b the base,
///
///     KL(p ‖ q) = KL(p* ‖ b),  KL(q ‖ p) = KL(b ‖ p*)
///
/// each estimated by draws of its own.
@Suite struct DualityTests {
  /// The mixture of `data/two-gaussians.csv`.
  private func logDensity(_ x: Double) -> Double {
    func normal(_ mean: Double, _ deviation: Double) -> Double {
      let e = (x - mean) / deviation
      return 0.5 * exp(-e * e / 2) / (deviation * (2 * Double.pi).squareRoot())
    }
    return log(normal(-1, 0.25) + normal(0.5, 0.5))
  }

  private func draws(_ count: Int, seed: UInt64) -> [Double] {
    RandomStream(seed: seed, .samples).normal([count]).elements.enumerated().map { n, e in
      n % 2 == 0 ? -1 + 0.25 * Double(e) : 0.5 + 0.5 * Double(e)
    }
  }

  /// Of two components, a few steps long, so that something is left to be off by.
  private func fitted() throws -> FlowView {
    var c = FlowConfiguration(columns: ["x"], flows: ["gmm"], base: "uniform")
    c.components = 2
    let table = Table(path: "", columns: ["x"], values: draws(2000, seed: 1))
    try c.standardize(by: table)
    var options = TrainingOptions()
    (options.batch, options.learningRate, options.warmup) = (256, 0.01, 0)
    let flow = FlowDensity(c, seed: 1)
    let trainer = try Trainer(starting: FlowTask(flow, try FlowRows(table, for: c), options))
    for _ in 0..<100 { _ = try trainer.step() }
    return FlowView(flow)
  }

  private struct Estimate {
    let mean, error: Double

    init(_ terms: [Double]) {
      let n = Double(terms.count)
      let mean = terms.reduce(0, +) / n
      (self.mean, error) = (
        mean, (terms.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1) / n).squareRoot()
      )
    }

    func agrees(with other: Estimate, slack: Double = 0) -> Bool {
      abs(mean - other.mean) < 4 * (error * error + other.error * other.error).squareRoot() + slack
    }
  }

  @Test func divergencesAreTheSameFromBothSides() throws {
    let view = try fitted()
    let count = 20_000

    // from the data's side, over x
    let x = draws(count, seed: 2)
    let overX = Estimate(zip(x, view.density(x)).map { logDensity($0) - log($1) })
    #expect(overX.mean > 0.01, "\(overX): nothing to be seen")

    // over ε, of other draws, which are counted in bins of the base's mass: the model's density is
    // not asked for
    let bins = 100
    var counts = [Double](repeating: 0, count: bins)
    let latents = view.latents(draws(count, seed: 3))
    let places = latents.map { min(bins - 1, Int($0 * Double(bins))) }
    for place in places { counts[place] += 1 }
    let overLatents = Estimate(places.map { log(counts[$0] * Double(bins) / Double(count)) })
    // counting makes it larger by (bins − 1)/2N on average
    let bias = Double(bins - 1) / Double(2 * count)
    #expect(overX.agrees(with: overLatents, slack: bias), "\(overX) \(overLatents)")

    // from the model's side, over x that it draws
    let drawn = view.samples(count, seed: 4)
    let overDraws = Estimate(zip(drawn, view.density(drawn)).map { log($1) - logDensity($0) })
    // over ε that the base draws: log b − log p*, with log p*(ε) = log p(g(ε)) + log g'(ε), the
    // slope of g = f⁻¹ by differences
    let step: Float = 1e-3
    let noise = RandomStream(seed: 5, .samples).uniform([count, 1]).elements.map {
      min(max($0, step), 1 - step)
    }
    func g(_ e: [Float]) -> [Double] {
      view.original(view.flow.decode(Tensor(e, shape: [count, 1])))
    }
    let (below, middle, above) = (
      g(noise.map { $0 - step / 2 }), g(noise), g(noise.map { $0 + step / 2 })
    )
    let overNoise = Estimate(
      noise.indices.map {
        -logDensity(middle[$0]) - log((above[$0] - below[$0]) / Double(step))
      })
    #expect(overDraws.agrees(with: overNoise, slack: 2e-3), "\(overDraws) \(overNoise)")
  }
}
