import Foundation
import Models
import Tensors
import Testing

@testable import Training

/// A sampler fitted by reverse KL.
@Suite struct TargetTests {
  /// Both arcs of U1 are found by a sampler that begins between them, and log Z is the truth. Fresh
  /// planar flows that shrink, or a target that does not rise slowly, leave one out: 0.69 nats.
  @Test func noModeIsMissed() throws {
    var c = FlowConfiguration(
      columns: ["x1", "x2"], flows: Array(repeating: "planar", count: 16), hidden: [])
    (c.isSampler, c.target) = (true, "U1")
    let target = try #require(Target.named("U1"))
    var options = TrainingOptions()
    (options.batch, options.learningRate, options.annealing) = (64, 1e-2, 250)
    let flow = FlowDensity(c, seed: 1)
    let trainer = try Trainer(starting: TargetTask(flow, target: target, options))
    for _ in 0..<500 { try trainer.step() }
    let scores = TargetScores(of: flow, target, draws: 4000, seed: 2)
    let truth = try #require(target.logNormalizer)
    #expect(
      abs(scores.logNormalizer - truth) < 4 * scores.logNormalizerStandardError + 0.02,
      "\(scores)")
    #expect(scores.bound < truth && scores.bound > truth - 0.3, "\(scores)")
  }

  /// The gradients of a sampler's parameters for these draws.
  private func gradients(
    _ flow: FlowDensity, _ estimate: ReverseGradient, draws: Int,
    target: (Variable) -> Variable
  ) -> [Float] {
    flow.visitParameters { if $1.isTrained { $1.clearGradient() } }
    let noise = RandomStream(seed: 3, .noise).normal([draws, 2])
    _ = flow.addReverseGradients(noise: noise, by: estimate, target: target)
    var all: [Float] = []
    flow.visitParameters { if $1.isTrained { all += $1.gradient.elements } }
    return all
  }

  private func sampler(_ flows: [String]) -> FlowDensity {
    var c = FlowConfiguration(columns: ["x1", "x2"], flows: flows, hidden: [6])
    c.isSampler = true
    let flow = FlowDensity(c, seed: 4)
    var stream = 0
    flow.visitParameters { _, parameter in
      guard parameter.isTrained else { return }
      let noise = RandomStream(seed: 5, .noise, stream).normal(parameter.shape).elements
      parameter.set(zip(parameter.value.elements, noise).map { $0 + 0.4 * $1 })
      stream += 1
    }
    return flow
  }

  /// Both estimates of one gradient have one mean.
  @Test func pathAndTotalGradientsAgree() throws {
    let target = try #require(Target.named("ring"))
    let flow = sampler(["planar", "realnvp", "lu", "iaf", "actnorm"])
    let total = gradients(flow, .total, draws: 40_000, target: target.logDensity)
    let path = gradients(flow, .path, draws: 40_000, target: target.logDensity)
    let size = total.reduce(0) { $0 + $1 * $1 }.squareRoot()
    let off = zip(total, path).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }.squareRoot()
    #expect(off < 0.03 * size, "\(off) of \(size)")
  }

  /// Where the sampler is the target, the path's gradient is zero in every draw, and the total's is
  /// not.
  @Test func pathGradientHasNoNoiseAtTheOptimum() {
    let flow = sampler(["rotation", "affine"])
    var h: [Float] = []
    flow.visitParameters { if $0 == "flows.1.h" { h = $1.value.elements } }
    #expect(h.count == 4)
    // a rotated N(0, I) is N(0, I); then x = (e - shift) / scale
    let shift = Variable(Tensor([h[0], h[2]], shape: [1, 2]))
    let scale = (3 * (Variable(Tensor([h[1], h[3]], shape: [1, 2])) / 3).tanh()).exp()
    let target = { (x: Variable) in -0.5 * (x * scale + shift).square().rowSums() }
    let path = gradients(flow, .path, draws: 8, target: target)
    let total = gradients(flow, .total, draws: 8, target: target)
    #expect(path.allSatisfy { abs($0) < 1e-5 }, "\(path)")
    #expect(total.contains { abs($0) > 0.05 }, "\(total)")
  }
}
