import Media
import Models

/// What a run learns: a model, where its examples come from, and the figure that tells how well it
/// does.
///
/// The trainer's loop knows nothing else, so images, sounds, tables and targets without any data
/// are trained by the same one.
public protocol TrainingTask: AnyObject {
  /// The model in training.
  var model: any Model { get }
  /// What decides the run's course.
  var options: TrainingOptions { get }
  /// What the loss is called.
  var metric: Metric { get }
  /// Whether the model as it begins is validated, as it may be the best there is.
  var validatesStart: Bool { get }
  /// How far an input that was rebuilt for the backward pass may be off before the step is skipped.
  var mostReconstructionError: Float { get }

  /// Sets what depends on data from the first examples, at a run's beginning. Throws a `FileError`
  /// if they can't be read.
  func initialize() throws

  /// Adds the gradient of step `iteration`'s loss, counted from 0, to the parameters. Which
  /// examples it sees is a function of that number alone. Throws a `FileError` if too many files
  /// are bad.
  func addGradients(_ iteration: Int) throws -> LossGradient

  /// As `addGradients`, where several ranks take a step together: `say` has what this one says of
  /// it, once its own part is done. Throws a `RankFailure` as well.
  func addGradients(_ iteration: Int, _ say: () -> (seconds: Double, wishes: StepWishes)) throws
    -> LossGradient

  /// Who takes the steps; all of them by the same calls.
  var ranks: any Communicator { get }

  /// The next step is another than the one that follows.
  func restart()

  /// Scores what was held out, with the weights that stand in the model; nil where nothing was.
  /// Throws a `FileError` if it can't be read.
  func validate() throws -> Validation?

  /// Writes samples into files whose names begin with `prefix`. Throws a `FileError` if it can't.
  func drawSamples(to prefix: String) throws
}

extension TrainingTask {
  public var validatesStart: Bool { false }
  public var mostReconstructionError: Float { .infinity }
  public func initialize() throws {}
  public var ranks: any Communicator { Alone() }
  public func addGradients(_ iteration: Int, _ say: () -> (seconds: Double, wishes: StepWishes))
    throws -> LossGradient
  { try addGradients(iteration) }
  public func restart() {}
  public func drawSamples(to prefix: String) throws {}
}

/// A figure of merit. Of what is trained, less is better; a likelihood is told with the other sign.
public struct Metric: Equatable, Sendable {
  /// As it is printed.
  public let name: String
  /// As it is called in metrics.jsonl.
  public let key: String
  /// As it is called there as well.
  public let alias: String?
  /// Whether the figure that is told is the loss with the other sign, so that more is better.
  public let isNegated: Bool

  /// A figure, such as `Metric(name: "bits/dim", key: "bits_per_dim")`.
  public init(name: String, key: String, alias: String? = nil, isNegated: Bool = false) {
    (self.name, self.key, self.alias, self.isNegated) = (name, key, alias, isNegated)
  }

  /// The figure of a loss under all its keys, each behind a prefix.
  func fields(_ prefix: String = "", of loss: Double) -> [(key: String, value: Double)] {
    ([key] + (alias.map { [$0] } ?? [])).map { (prefix + $0, value(loss)) }
  }

  /// The figure of a loss.
  public func value(_ loss: Double) -> Double { isNegated ? -loss : loss }
}

/// What a step's gradient was taken of.
public struct LossGradient {
  /// The mean over the batch, in the unit of the task's metric.
  public let loss: Double
  /// The largest |x − x̂| of an input rebuilt for the backward pass; 0 where none was.
  public let reconstructionError: Float
  /// What else goes to the metrics of this step, in order: the loss's terms, means over the batch.
  public let terms: [(key: String, value: Double)]
  /// What the ranks agreed on, where there are several: the seconds that the run has spent, and
  /// what is wanted after the step.
  let news: (seconds: Double, wishes: StepWishes)?
  /// Where the step's time went, where there are several ranks.
  let traffic: StepTraffic?
  /// Finds the first part of the model whose output was not finite, if any.
  public let firstNonFinite: () -> String?

  /// The outcome of a step.
  public init(
    loss: Double, reconstructionError: Float = 0, terms: [(key: String, value: Double)] = [],
    firstNonFinite: @escaping () -> String? = { nil }
  ) {
    self.init(
      loss: loss, reconstructionError: reconstructionError, terms: terms, news: nil, traffic: nil,
      firstNonFinite: firstNonFinite)
  }

  init(
    loss: Double, reconstructionError: Float, terms: [(key: String, value: Double)] = [],
    news: (seconds: Double, wishes: StepWishes)?, traffic: StepTraffic?,
    firstNonFinite: @escaping () -> String?
  ) {
    (self.news, self.traffic) = (news, traffic)
    (self.loss, self.reconstructionError, self.terms) = (loss, reconstructionError, terms)
    self.firstNonFinite = firstNonFinite
  }
}

/// How well a model knows what was held out.
public struct Validation {
  /// The figure.
  public var mean: Double
  /// The standard error of the mean; nil where it is unknown.
  public var standardError: Double?
  /// What else goes to the metrics, in order.
  public var metrics: [(key: String, value: Double)]
  /// Files that could not be read.
  public var bad: [FileError]
  /// Why the weights are of no use, whatever the figure, as where the model no longer inverts: the
  /// run has diverged then.
  public var fault: String?

  /// An outcome.
  public init(
    mean: Double, standardError: Double?, metrics: [(key: String, value: Double)] = [],
    bad: [FileError] = [], fault: String? = nil
  ) {
    (self.mean, self.standardError, self.metrics) = (mean, standardError, metrics)
    (self.bad, self.fault) = (bad, fault)
  }
}
