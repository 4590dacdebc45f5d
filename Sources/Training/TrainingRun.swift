import Foundation
import Media

/// A trainer and its directory: checkpoints, metrics and samples, until the run's end.
///
///     OUTPUT/last.safetensors      the state to resume from
///     OUTPUT/best.safetensors      the weights with the best validation figure
///     OUTPUT/metrics.jsonl         a line every few steps, and one an evaluation
///     OUTPUT/samples/ITERATION…      what the task draws: a grid of images, sounds, …
///     OUTPUT/events.out.tfevents.…   all of it for TensorBoard, if the plan says so
public final class TrainingRun {
  /// How long, and how often what; of this only what is done about divergence changes what is
  /// learned.
  public struct Plan: Sendable {
    /// When the run ends; kept in its checkpoints.
    public var end = End.minutes(30)
    /// Steps from one saving of the state to the next, at most.
    public var saveEvery = 500
    /// Seconds from one saving to the next, at most.
    public var saveSeconds = 300.0
    /// Seconds from one writing of the best weights to the next, at least. A small model gets
    /// better many times a second, and a disk takes longer than that; what waits is written with
    /// the state, and at the end.
    public var bestSeconds = 2.0
    /// Steps from one line of metrics to the next.
    public var logEvery = 10
    /// What is done when too many steps in a row were skipped.
    public var onDivergence = OnDivergence.stop
    /// What is written for TensorBoard; nil for nothing. Checkpoints keep whether it is.
    public var tensorBoard: TensorBoard?

    /// The defaults.
    public init() {}
  }

  /// What is done when a run diverges.
  public enum OnDivergence: String, CaseIterable, Sendable {
    /// The run ends; its last good checkpoint stays.
    case stop
    /// The run goes back to its last checkpoint and on at half the rate, at most three times.
    case rollback
  }

  /// How often a run goes back before it ends.
  public static let mostRollbacks = 3

  /// What a run's directory holds when it begins.
  public enum Beginning: Sendable {
    /// No run.
    case new
    /// The state that it goes on from.
    case resumed
    /// No run; it goes on from the state of one in another directory, whose best weights and
    /// metrics it takes along; of a state that lies in no run's directory, there are none.
    case forked(from: String?)
  }

  /// What a run tells as it goes.
  public enum Event: Sendable {
    /// A step, the examples/s of the last few, and the part of the run that is done.
    case step(Trainer.Step, examplesPerSecond: Double, done: Double)
    /// The averaged weights' validation figure; `isBest` if none was lower.
    case evaluated(iteration: Int, mean: Double, standardError: Double?, isBest: Bool)
    /// Something that went wrong and that the run outlives, in a line.
    case warning(String)
  }

  private let trainer: Trainer
  private let data: DataDescription
  private let directory: String
  private let plan: Plan
  private let ranks: any Communicator
  /// What rank 0 alone writes; nil on others.
  private var metrics: MetricsLog?
  private let tensorBoard: TensorBoardLog?
  private let lock: RunLock?
  private var lastSaved = DispatchTime.now()
  /// The best weights, where they are not in their file yet.
  private var best: Checkpoint.Contents?
  /// The figure of those in the file, and when they were written.
  private var written: (best: Double, time: DispatchTime?)
  private var told: Set<String> = []
  /// Whether the best weights are not there that the state tells of.
  private let isBestLost: Bool

  /// A run in `directory`, which is made if need be; of several ranks, rank 0's. Where the best
  /// weights that the state tells of are not found, those of the next validation are the best.
  /// Throws a `FileError` if it can't be written, another process runs there, or it does not hold
  /// what `beginning` says.
  public init(
    _ trainer: Trainer, data: DataDescription, directory: String, _ beginning: Beginning,
    plan: Plan
  ) throws {
    (self.trainer, self.data) = (trainer, data)
    (self.directory, self.plan) = (directory, plan)
    ranks = trainer.task.ranks
    written = (trainer.state.best, nil)
    guard ranks.isLeader else {
      (metrics, tensorBoard, lock) = (nil, nil, nil)
      isBestLost = try ranks.fromLeader { false }
      if isBestLost { trainer.state.forgetBest() }
      try saveState()
      return
    }
    try Folder.make(directory + "/samples")
    lock = try RunLock(directory)
    // another may have begun and ended here while this one read its data
    try Self.check(beginning, directory, trainer.state)
    var best: Checkpoint?
    if case .forked(let origin?) = beginning {
      best = try? Checkpoint(reading: Self.path("best", origin))
      if best?.state.best != trainer.state.best { best = nil }
      let log = origin + "/metrics.jsonl"
      if FileManager.default.fileExists(atPath: log) {
        try AtomicFile.write(InputFile(path: log), to: directory + "/metrics.jsonl")
      }
    }
    isBestLost = try ranks.fromLeader {
      trainer.state.best.isFinite && best == nil
        && !FileManager.default.fileExists(atPath: Self.path("best", directory))
    }
    if isBestLost { trainer.state.forgetBest() }
    written = (trainer.state.best, nil)
    metrics = try Self.metrics(directory, trainer)
    let origin: String? = if case .forked(let origin) = beginning { origin } else { nil }
    tensorBoard = try plan.tensorBoard.map {
      try TensorBoardLog(
        $0, in: directory, forkedFrom: origin, resumingAfter: trainer.state.iteration)
    }
    // A directory that can't hold a checkpoint is found out now, not after hours.
    try saveState()
    // a state without its best can be gone on from; the best alone could not
    try best?.copy(to: path("best"))
  }

  /// Whether a directory holds a run.
  public static func isThere(in directory: String) -> Bool {
    ["last", "best"].contains { FileManager.default.fileExists(atPath: path($0, directory)) }
  }

  /// Whether a process of this machine writes a run's directory; asking does not disturb it.
  public static func isBeingWritten(in directory: String) -> Bool { RunLock.isHeld(directory) }

  private static func check(_ beginning: Beginning, _ directory: String, _ state: Trainer.State)
    throws
  {
    switch beginning {
    case .new, .forked:
      guard isThere(in: directory) else { return }
      throw FileError(path: directory, reason: "holds a run by now", kind: .unwritable)
    case .resumed:
      let last = path("last", directory)
      guard try Checkpoint(reading: last).state != state else { return }
      throw FileError(
        path: last, reason: "has changed since it was read: another run went on from it",
        kind: .unwritable)
    }
  }

  /// Trains until the plan's end, or until `isStopped` says so, and saves. True if the end was
  /// reached. Throws `Trainer.Diverged`, or a `FileError` if the files can't be read any more or
  /// the last state can't be saved.
  public func run(isStopped: () -> Bool = { false }, report: (Event) -> Void = { _ in })
    throws -> Bool
  {
    if isBestLost {
      report(.warning("\(path("best")) was not found; the next validation's weights are the best"))
    }
    do {
      try train(isStopped, report)
    } catch {
      // the others are not here, to compare their weights with
      if error is FileError { attempt(report) { try writeState(report) } }
      writeBest(report)
      throw error
    }
    try saveState(report)
    if isFinished { attempt(report) { try tensorBoard?.finish(at: trainer.state.iteration) } }
    return isFinished
  }

  private static func metrics(_ directory: String, _ trainer: Trainer) throws -> MetricsLog {
    try MetricsLog(directory + "/metrics.jsonl", resumingAfter: trainer.state.iteration)
  }

  private func train(_ isStopped: () -> Bool, _ report: (Event) -> Void) throws {
    var recent: [Double] = []  // seconds
    // one process stops before a step, several where they have all heard of it, after one
    func isOver() -> Bool { isFinished || (ranks.size == 1 && isStopped()) }
    if trainer.state.iteration == 0, trainer.task.validatesStart, !trainer.state.best.isFinite {
      try evaluate(report)
    }
    while !isOver() {
      let before = trainer.state.seconds
      let step: Trainer.Step
      do {
        step = try trainer.step(done: done, wishes: wishes(isStopped))
      } catch let error as Trainer.Diverged {
        try rollBack(error, report)
        continue
      }
      recent.append(trainer.state.seconds - before)
      recent.removeFirst(max(0, recent.count - plan.logEvery))
      let rate = Double(trainer.options.batch * recent.count) / recent.reduce(0, +)
      if let reason = step.skipped {
        report(.warning("step \(step.iteration) was skipped: \(reason)"))
      }
      if step.iteration % plan.logEvery == 0 {
        log(step, rate, report)
        (trainer.state.lossSum, trainer.state.lossCount) = (0, 0)
      }
      report(.step(step, examplesPerSecond: rate, done: done))
      if step.iteration % trainer.options.validationInterval == 0 || isFinished {
        do {
          try evaluate(report)
        } catch let error as Trainer.Diverged {
          try rollBack(error, report)
          continue
        }
      }
      if step.iteration % trainer.options.sampleInterval == 0 || isFinished {
        attempt(report, drawSamples)
        if let tensorBoard {
          attempt(report) { try tensorBoard.addSamples(samplesPrefix, at: step.iteration) }
        }
      }
      // amid steps that are not finite, the last file is the better one to go back to
      if trainer.state.skippedInRow == 0,
        step.iteration % plan.saveEvery == 0 || step.wishes.contains(.save)
      {
        try orWarn(report) { try saveState(report) }
        lastSaved = DispatchTime.now()
      }
      if isBestDue { writeBest(report) }
      if ranks.size > 1, step.wishes.contains(.stop) { return }
    }
  }

  /// What this rank wants after the next step.
  private func wishes(_ isStopped: () -> Bool) -> StepWishes {
    var wishes: StepWishes = []
    if Self.seconds(since: lastSaved) >= plan.saveSeconds { wishes.insert(.save) }
    if ranks.size > 1, isStopped() { wishes.insert(.stop) }
    return wishes
  }

  /// The part of the run that is done, 0 to 1.
  public var done: Double { plan.end.done(trainer.state) }

  private var isFinished: Bool { done >= 1 || hasSettled }

  /// True if as many validations in a row as the options are patient for were none the best.
  public var hasSettled: Bool {
    trainer.options.patience.map { trainer.state.evaluationsSinceBest >= $0 } ?? false
  }

  /// Back to the last checkpoint, and on from there at half the rate; throws the error where that
  /// is not asked for, or was done often enough.
  private func rollBack(_ error: Trainer.Diverged, _ report: (Event) -> Void) throws {
    guard plan.onDivergence == .rollback, trainer.state.rollbacks < Self.mostRollbacks else {
      throw error
    }
    // no time is left in which another could be learned
    if case .minutes = plan.end, isFinished { throw error }
    writeBest(report)
    let (rollbacks, seconds) = (trainer.state.rollbacks + 1, trainer.state.seconds)
    let best = trainer.state.best  // the file of the best holds that one
    let checkpoint = try Checkpoint(reading: path("last"), for: ranks)
    try checkpoint.restore(trainer)
    (trainer.state.rollbacks, trainer.state.seconds) = (rollbacks, seconds)
    trainer.state.best = min(trainer.state.best, best)
    if ranks.isLeader { metrics = try Self.metrics(directory, trainer) }
    attempt(report) { try tensorBoard?.goBack(to: trainer.state.iteration) }
    record(
      [
        ("rollback", Double(rollbacks)),
        ("learning_rate", Double(trainer.learningRate(done: done))),
      ], in: "training", report)
    report(
      .warning(
        "\(error); back to step \(trainer.state.iteration) at half the rate, "
          + "\(rollbacks) of \(Self.mostRollbacks)"))
    try orWarn(report) { try saveState(report) }
  }

  private func log(_ step: Trainer.Step, _ rate: Double, _ report: (Event) -> Void) {
    let state = trainer.state
    record(
      trainer.task.metric.fields(of: state.lossSum / Double(state.lossCount)) + [
        ("learning_rate", Double(step.learningRate)),
        ("gradient_norm", step.gradientNorm), ("examples_per_second", rate),
        ("skipped", Double(trainer.state.skipped)), ("drift", Double(step.reconstructionError)),
      ] + step.terms + (step.traffic?.fields ?? []), in: "training", report)
  }

  /// Adds figures of now to the metrics, and to TensorBoard's under a group.
  private func record(
    _ figures: [(key: String, value: Double)], in group: String, _ report: (Event) -> Void
  ) {
    let state = trainer.state
    attempt(report) {
      try metrics?.add(
        [("iteration", Double(state.iteration)), ("seconds", state.seconds)] + figures)
    }
    attempt(report) {
      try tensorBoard?.add(
        figures.map { ($0.key.trimmingPrefix(group + "_").description, $0.value) }, in: group,
        at: state.iteration)
    }
  }

  private func evaluate(_ report: (Event) -> Void) throws {
    guard let result = try trainer.optimizer.withEMA({ try trainer.task.validate() }) else {
      return
    }
    // rank 0 alone knows whether the last best could be written
    let isBest = try ranks.fromLeader {
      result.fault == nil && result.mean < trainer.state.best
    }
    trainer.state.evaluationsSinceBest = isBest ? 0 : trainer.state.evaluationsSinceBest + 1
    let iteration = trainer.state.iteration
    record(
      trainer.task.metric.fields("validation_", of: result.mean)
        + [("validation_standard_error", result.standardError ?? .nan)] + result.metrics,
      in: "validation", report)
    for error in result.bad where told.insert(error.path).inserted {
      report(.warning("validation passed over \(error)"))
    }
    if let fault = result.fault { throw Trainer.Diverged.fault(fault) }
    report(
      .evaluated(
        iteration: iteration, mean: result.mean, standardError: result.standardError,
        isBest: isBest))
    if isBest { keepBest(result.mean, report) }
  }

  /// Writes the best weights, or a copy of them waits until it is time.
  private func keepBest(_ figure: Double, _ report: (Event) -> Void) {
    trainer.state.best = figure
    orKeepFile(report) { best = try contents("best", resumable: false, isCopied: !isBestDue) }
    if isBestDue { writeBest(report) }
  }

  private var isBestDue: Bool {
    written.time.map { Self.seconds(since: $0) >= plan.bestSeconds } ?? true
  }

  /// Writes the best weights if some wait for it.
  private func writeBest(_ report: (Event) -> Void) {
    guard let best else { return }
    self.best = nil
    orKeepFile(report) {
      try best.write(to: path("best"))
      written = (trainer.state.best, .now())
    }
  }

  /// If it fails, the best is what the file still holds.
  private func orKeepFile(_ report: (Event) -> Void, _ body: () throws -> Void) {
    attempt(report) {
      do {
        try body()
      } catch {
        trainer.state.best = written.best
        throw error
      }
    }
  }

  private static func seconds(since time: DispatchTime) -> Double {
    Double(DispatchTime.now().uptimeNanoseconds - time.uptimeNanoseconds) * 1e-9
  }

  private func drawSamples() throws {
    try trainer.optimizer.withEMA {
      try trainer.task.drawSamples(to: samplesPrefix)
    }
  }

  private var samplesPrefix: String { "\(directory)/samples/\(trainer.state.iteration)" }

  /// Writes the state to go on from. The best goes first: the state says that it is there.
  private func saveState(_ report: (Event) -> Void = { _ in }) throws {
    try ranks.compare(trainer)
    try writeState(report)
  }

  private func writeState(_ report: (Event) -> Void) throws {
    guard ranks.isLeader else { return }
    writeBest(report)
    try contents("last", resumable: true, isCopied: false).write(to: path("last"))
  }

  private func contents(_ name: String, resumable: Bool, isCopied: Bool) throws
    -> Checkpoint.Contents
  {
    if let bad = trainer.optimizer.firstNonFinite {
      // the file that is there can be gone on from, this one could not
      throw FileError(
        path: path(name), reason: "not written: \(bad) is not finite", kind: .unwritable)
    }
    return try Checkpoint.Contents(
      trainer, data: data, end: plan.end, tensorBoard: plan.tensorBoard != nil,
      resumable: resumable, isCopied: isCopied)
  }

  private func path(_ name: String) -> String { Self.path(name, directory) }

  private static func path(_ name: String, _ directory: String) -> String {
    "\(directory)/\(name).safetensors"
  }

  /// What rank 0 alone does, and goes on if it fails: a full disk must not end days of training.
  private func attempt(_ report: (Event) -> Void, _ body: () throws -> Void) {
    guard ranks.isLeader else { return }
    do {
      try body()
    } catch {
      report(.warning("\(error); going on"))
    }
  }

  /// The same of what all ranks do, where the end of one is the end of all.
  private func orWarn(_ report: (Event) -> Void, _ body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as RankFailure {
      throw error
    } catch {
      report(.warning("\(error); going on"))
    }
  }
}
