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
}
