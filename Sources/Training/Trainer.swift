import Foundation

/// The training of a task's model, a step at a time.
///
///     let trainer = try Trainer(glow, images, TrainingOptions())
///     for _ in 0..<1000 { try trainer.step() }
public final class Trainer {
  /// What is learned.
  public let task: any TrainingTask
  /// Moments and averaged weights.
  public let optimizer: Optimizer
  /// Where the run stands; kept in a checkpoint.
  public internal(set) var state = State()
  /// Seconds of the last step that are in nobody's news yet.
  private var unsaid = 0.0
  /// What the checkpoint that is gone on from holds beside.
  var unknown = UnknownMetadata()

  /// Where a run stands.
  public struct State: Equatable, Sendable {
    /// Steps taken, the skipped ones among them.
    public var iteration = 0
    /// Steps that nothing was learned from.
    public var skipped = 0
    /// Of these, the last ones without another between.
    public var skippedInRow = 0
    /// How often the run went back to its last checkpoint; each time halves the rate.
    public var rollbacks = 0
    /// Seconds spent.
    public var seconds = 0.0
    /// The best validation figure so far.
    public var best = Double.infinity
    /// Validations since that one.
    public var evaluationsSinceBest = 0
    /// The sum of the losses since the last line of metrics.
    public var lossSum = 0.0
    /// How many losses are in `lossSum`.
    public var lossCount = 0
    /// The running geometric mean of the gradient's norm before it was cut; 0 before the first
    /// step.
    public var meanGradientNorm = 0.0

    /// The next validation's weights are the best.
    mutating func forgetBest() { (best, evaluationsSinceBest) = (.infinity, 0) }

    /// Moves the mean by a tenth, so that it follows where norms rise fifty-fold in ten steps; over
    /// the first steps, it is that of all. A norm counts as no more than ten times the mean, so
    /// that one explosion does not lift the bound for those after it.
    mutating func note(gradientNorm norm: Double) {
      guard norm > 0 else { return }
      guard meanGradientNorm > 0 else {
        meanGradientNorm = norm
        return
      }
      let share = max(0.1, 1 / Double(iteration - skipped + 1))
      meanGradientNorm *= pow(min(norm / meanGradientNorm, 10), share)
    }
  }

  /// What a step came to.
  public struct Step: Sendable {
    /// The number of steps taken, this one included.
    public let iteration: Int
    /// The mean over the batch, by the weights before the step, in the unit of the task's metric.
    public let loss: Double
    /// The global norm of the gradient, before clipping.
    public let gradientNorm: Double
    /// The rate that the update was made with.
    public let learningRate: Float
    /// The largest |x − x̂| of an input rebuilt for the backward pass.
    public let reconstructionError: Float
    /// The loss's terms, where there are some.
    public let terms: [(key: String, value: Double)]
    /// Why the step was skipped, if it was.
    public let skipped: SkipReason?
    /// What is wanted after it, as all ranks have agreed.
    public let wishes: StepWishes
    /// Where its time went, if several ranks took it.
    public let traffic: StepTraffic?
  }

  /// The run leads nowhere.
  public enum Diverged: Error, CustomStringConvertible {
    /// Too many steps in a row were skipped; why the last one was.
    case skipped(SkipReason)
    /// A validation found the weights to be of no use; why.
    case fault(String)

    public var description: String {
      switch self {
      case .skipped(.notFinite(let place)):
        "\(Trainer.patience) steps in a row were not finite, the last first at \(place)"
      case .skipped(let reason):
        "\(Trainer.patience) steps in a row were skipped: in the last, \(reason)"
      case .fault(let reason): reason
      }
    }
  }

  /// Skipped steps in a row that end a run.
  public static let patience = 10

  /// A run at its start: what depends on data is set from the first examples now. Throws as the
  /// task.
  public init(starting task: any TrainingTask) throws {
    try task.initialize()
    self.task = task
    optimizer = Optimizer(task.options) { task.model.visitParameters($0) }
  }

  /// A run that goes on from where a checkpoint left it. Throws a `FileError` as
  /// `Checkpoint.restore`.
  public init(resuming checkpoint: Checkpoint, _ task: any TrainingTask) throws {
    self.task = task
    optimizer = Optimizer(task.options) { task.model.visitParameters($0) }
    try checkpoint.restore(self)
  }

  /// What decides the run's course.
  public var options: TrainingOptions { task.options }

  /// The learning rate of the next step, with the part `done` of the run behind it.
  public func learningRate(done: Double) -> Float {
    options.rate(at: state.iteration, done: done) / Float(1 << state.rollbacks)
  }

  /// Takes one step; `done` is the part of the run behind it, by which alone a rate falls that is
  /// to fall to the run's end. Several ranks take it at once, and tell each other their wishes.
  /// Throws a `FileError` if the files can't be read any more, a `RankFailure` if another rank
  /// failed, and `Diverged` if this is the tenth step in a row that was skipped.
  @discardableResult
  public func step(done: Double = 0, wishes: StepWishes = []) throws -> Step {
    let start = DispatchTime.now().uptimeNanoseconds
    var said = start
    let result =
      task.ranks.size == 1
      ? try task.addGradients(state.iteration)
      : try task.addGradients(state.iteration) {
        said = DispatchTime.now().uptimeNanoseconds
        return (state.seconds + unsaid + Double(said - start) * 1e-9, wishes)
      }
    let (norm, badGradient) = optimizer.gradientNorm()
    let rate = learningRate(done: done)
    let limit = options.gradientLimit(state.meanGradientNorm)
    let reason = reasonToSkip(result, badGradient)
    if reason == nil {
      optimizer.step(
        state.iteration, rate: rate, gradientScale: Float(min(1, limit / (norm + 1e-6))))
      state.note(gradientNorm: norm)
      state.skippedInRow = 0
      state.lossSum += result.loss
      state.lossCount += 1
    } else {
      optimizer.clearGradients()
      state.skipped += 1
      state.skippedInRow += 1
    }
    state.iteration += 1
    let rest = Double(DispatchTime.now().uptimeNanoseconds - said) * 1e-9
    // of several ranks, all go by the clock of one
    if let news = result.news {
      (state.seconds, unsaid) = (news.seconds, rest)
    } else {
      state.seconds += rest
    }
    if let reason, state.skippedInRow >= Self.patience { throw Diverged.skipped(reason) }
    return Step(
      iteration: state.iteration, loss: result.loss, gradientNorm: norm, learningRate: rate,
      reconstructionError: result.reconstructionError, terms: result.terms, skipped: reason,
      wishes: result.news?.wishes ?? wishes, traffic: result.traffic)
  }

  private func reasonToSkip(_ result: LossGradient, _ badGradient: String?) -> SkipReason? {
    if !result.loss.isFinite { return .notFinite(result.firstNonFinite() ?? "the loss") }
    if let badGradient { return .notFinite("the gradient of \(badGradient)") }
    if !(result.reconstructionError <= task.mostReconstructionError) {
      return .reconstructionError(result.reconstructionError)
    }
    return nil
  }

  /// Goes on from another state of this run; weights and averages are the caller's to set.
  func restart(at state: State) {
    self.state = state
    task.restart()
  }
}
