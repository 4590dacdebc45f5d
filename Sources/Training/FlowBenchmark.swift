import Foundation
import Models
import Tensors

/// Times training steps, scoring and drawing of a fresh `FlowDensity` on random rows.
public struct FlowBenchmark: Sendable {
  /// The median of a training step, seconds: gradients, their norm, the update.
  public let step: Double
  /// The medians of scoring and of drawing a batch, seconds.
  public let scoring, drawing: Double
  /// Rows in a step.
  public let batch: Int
  /// Trained numbers.
  public let parameters: Int
  /// What each operation takes in a training step, by its name; empty unless asked for.
  public let operations: [String: Profile.Entry]

  /// Runs each `repeats` times after a warm-up, and with `profile` one more step.
  public init(
    _ configuration: FlowConfiguration, batch: Int, repeats: Int, profile: Bool = false
  ) {
    var options = TrainingOptions()
    options.batch = batch
    let flow = FlowDensity(configuration, seed: options.seed)
    let x = RandomStream(seed: 1, .noise).normal([batch, configuration.columns.count])
    flow.initialize(from: x)
    let optimizer = Optimizer(options) { flow.visitParameters($0) }
    var iteration = 0
    func train() {
      _ = flow.addGradients(x, weight: -1 / Float(batch))
      let (norm, _) = optimizer.gradientNorm()
      optimizer.step(
        iteration, rate: options.rate(at: iteration), gradientScale: Float(min(1, 5 / norm)))
      iteration += 1
    }
    step = Benchmark.median(repeats, train)
    operations = profile ? Profile.of(train) : [:]
    scoring = Benchmark.median(repeats) { _ = flow.logLikelihood(x) }
    drawing = Benchmark.median(repeats) { _ = flow.sample(0..<batch) }
    parameters = flow.parameterCount
    self.batch = batch
  }
}
