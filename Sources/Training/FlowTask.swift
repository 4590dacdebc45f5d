import Foundation
import Media
import Models
import Tensors

/// Maximum likelihood of a `FlowDensity` on the rows of a table.
public final class FlowTask: TrainingTask {
  /// The model in training.
  public let flow: FlowDensity
  public let options: TrainingOptions
  private let rows: FlowRows
  private let validation: FlowRows?
  private var order: EpochOrder

  /// Rows that whitening and actnorms are set from, and that are scored at once.
  private static let initialRows = 65_536
  package static let scoredAtOnce = 2048

  /// Rows to train on and to validate on.
  public init(
    _ flow: FlowDensity, _ rows: FlowRows, validation: FlowRows? = nil, _ options: TrainingOptions
  ) {
    precondition(options.batch > 0 && rows.count > 0)
    (self.flow, self.rows, self.validation, self.options) = (flow, rows, validation, options)
    order = EpochOrder(count: rows.count, seed: options.seed)
  }

  public var model: any Model { flow }

  public var metric: Metric { Self.metric }
  /// That of any table.
  public static let metric = Metric(name: "nats a row", key: "nats", isNegated: true)

  /// Of few rows the best may be the Gaussian that a model begins as.
  public var validatesStart: Bool { true }

  public func initialize() throws {
    let (x, context) = rows.rows(
      0..<min(rows.count, Self.initialRows),
      noise: RandomStream(seed: options.seed, .initialization))
    flow.initialize(from: x, context)
    TensorMemory.releaseUnused()
  }

  public func addGradients(_ iteration: Int) throws -> LossGradient {
    let (x, context) = rows.batch(
      order.batch(iteration, of: options.batch),
      noise: RandomStream(seed: options.seed, .noise, iteration))
    let logLikelihood = flow.addGradients(x, context, weight: -1 / Float(x.examples))
    return LossGradient(loss: -logLikelihood.reduce(0, +) / Double(x.examples)) { [flow] in
      flow.firstNonFinite(x, context)
    }
  }

  public func validate() throws -> Validation? {
    guard let validation else { return nil }
    let scores = RowScores(of: flow, on: validation, seed: options.seed)
    return Validation(mean: -scores.mean, standardError: scores.standardError)
  }

  /// PREFIX.csv, a thousand rows.
  public func drawSamples(to prefix: String) throws {
    let x = flow.sample(0..<1000, Context(features: drawnContext(1000)), seed: options.seed)
    let c = flow.configuration
    try Table(path: prefix + ".csv", columns: c.columns, values: finite(c.values(of: x)))
      .write(to: prefix + ".csv", as: .float32)
  }

  /// That of the first rows, again and again.
  private func drawnContext(_ count: Int) -> Tensor? {
    rows.batch(
      (0..<count).map { $0 % rows.count }, noise: RandomStream(seed: options.seed, .noise)
    ).context.features
  }

  private func finite(_ values: [Double]) throws -> [Double] {
    guard values.allSatisfy(\.isFinite) else { throw Sampler.NotFinite() }
    return values
  }
}

/// The log-likelihood of each row of a table.
public struct RowScores: Sendable {
  /// log p of each row, nats, of the columns as they are in the file.
  public let logLikelihoods: [Double]

  /// Scores every row; noise that whole numbers get depends on the seed and a row's place alone.
  public init(of flow: FlowDensity, on rows: FlowRows, seed: UInt64 = 0) {
    let noise = RandomStream(seed: seed, .validationNoise)
    logLikelihoods = stride(from: 0, to: rows.count, by: FlowTask.scoredAtOnce).flatMap { first in
      let (x, context) = rows.rows(
        first..<min(first + FlowTask.scoredAtOnce, rows.count), noise: noise)
      return flow.logLikelihood(x, context)
    }
  }

  /// The rows that have no density, counted from 0: they lie outside of where the model's flows or
  /// its base are defined.
  public var outside: [Int] { logLikelihoods.indices.filter { !logLikelihoods[$0].isFinite } }

  /// The mean over the rows.
  public var mean: Double { average.mean }

  /// The mean's standard error; nil of one row, where it is unknown.
  public var standardError: Double? { average.standardError }

  private var average: Average { Average(logLikelihoods) }
}
