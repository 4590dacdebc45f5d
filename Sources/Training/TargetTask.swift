import Foundation
import Media
import Models
import Tensors

/// Variational inference: a sampler is fitted to an unnormalised density by reverse KL,
///
///     E[log q(x) − log p̃(x)] = KL(q ‖ p) − log ∫p̃          nats
///
/// over draws of the sampler itself. Rezende & Mohamed (2015), section 4.
public final class TargetTask: TrainingTask {
  /// The sampler in training.
  public let flow: FlowDensity
  /// The unnormalised density p̃.
  public let target: Target
  public let options: TrainingOptions

  /// Draws that a validation scores.
  private static let validated = 10_000
  /// What the log of the target is multiplied by in a step: it rises from 0.1 to 1.
  private func share(_ iteration: Int) -> Float {
    let annealing = options.annealing ?? 500
    return annealing == 0 ? 1 : min(1, 0.1 + 0.9 * Float(iteration) / Float(annealing))
  }

  /// A sampler of as many columns as the target has.
  public init(_ flow: FlowDensity, target: Target, _ options: TrainingOptions) {
    precondition(flow.configuration.isSampler, "a target is fitted by a sampler")
    (self.flow, self.target, self.options) = (flow, target, options)
  }

  public var model: any Model { flow }

  public var metric: Metric { Self.metric }
  /// That of any target.
  public static let metric = Metric(name: "nats of log q − log p̃", key: "reverse_kl")

  public func addGradients(_ iteration: Int) throws -> LossGradient {
    let noise = RandomStream(seed: options.seed, .noise, iteration)
      .normal([options.batch, flow.configuration.columns.count])
    let share = share(iteration)
    let (_, logDensity, logTarget) = flow.addReverseGradients(
      noise: noise, by: options.gradient ?? .total
    ) {
      self.target.logDensity($0) * share
    }
    let loss = zip(logDensity, logTarget).reduce(0) { $0 + $1.0 - $1.1 / Double(share) }
    return LossGradient(loss: loss / Double(options.batch)) { [flow] in
      flow.firstNonFinite(noise, Context())
    }
  }

  public func validate() throws -> Validation? {
    let result = TargetScores(of: flow, target, draws: Self.validated, seed: options.seed)
    return Validation(
      mean: -result.bound, standardError: result.boundStandardError,
      metrics: [
        ("log_z", result.logNormalizer),
        ("log_z_standard_error", result.logNormalizerStandardError),
        ("effective_sample_size", result.effectiveSampleSize),
      ])
  }

  /// PREFIX.csv, a thousand rows.
  public func drawSamples(to prefix: String) throws {
    let x = flow.sample(0..<1000, seed: options.seed).elements.map(Double.init)
    guard x.allSatisfy(\.isFinite) else { throw Sampler.NotFinite() }
    try Table(path: prefix + ".csv", columns: flow.configuration.columns, values: x)
      .write(to: prefix + ".csv", as: .float32)
  }
}

/// How well a sampler fits a target, from fresh draws and their weights w = p̃(x)/q(x).
public struct TargetScores: Sendable {
  /// The evidence lower bound, the mean of log w, and its standard error; nats.
  public let bound, boundStandardError: Double
  /// log of the mean of w, an estimate of log ∫p̃, and its standard error; nats.
  public let logNormalizer, logNormalizerStandardError: Double
  /// (Σw)²/Σw², of so many draws.
  public let effectiveSampleSize: Double
  /// How many draws were scored.
  public let draws: Int

  /// False if a draw or its weight is not a number.
  public var isFinite: Bool {
    [bound, boundStandardError, logNormalizer, logNormalizerStandardError, effectiveSampleSize]
      .allSatisfy(\.isFinite)
  }

  /// Scores `draws` draws of a seed.
  public init(of flow: FlowDensity, _ target: Target, draws: Int, seed: UInt64) {
    precondition(draws > 1)
    var logs: [Double] = []
    for first in stride(from: 0, to: draws, by: FlowTask.scoredAtOnce) {
      let range = first..<min(first + FlowTask.scoredAtOnce, draws)
      let noise = flow.base.sample(range, seed: seed ^ 0x7461_7267, temperature: 1)
      let (x, logDet, _) = flow.chain.transform(noise)
      let density = flow.base.logDensity(Variable(noise)).value.elements
      let weights = target.logDensity(Variable(x)).value.elements
      for i in logDet.indices {
        logs.append(Double(weights[i]) - (Double(density[i]) - logDet[i]))
      }
    }
    let n = Double(draws)
    let mean = logs.reduce(0, +) / n
    bound = mean
    boundStandardError =
      (logs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / (n - 1) / n).squareRoot()
    let largest = logs.max() ?? 0
    let weights = logs.map { exp($0 - largest) }
    let average = weights.reduce(0, +) / n
    let squares = weights.reduce(0) { $0 + ($1 - average) * ($1 - average) }
    logNormalizer = largest + log(average)
    // of a logarithm, by the delta method
    logNormalizerStandardError = (squares / (n - 1) / n).squareRoot() / average
    effectiveSampleSize = n * n * average * average / weights.reduce(0) { $0 + $1 * $1 }
    self.draws = draws
  }
}
