import Foundation
import Media
import Tensors
import Training

/// A run as it is shown, from its task to its end, whatever is learned.
struct LearningRun {
  let trainer: Trainer
  let isQuiet: Bool
  private let trainingRun: TrainingRun?
  private let directory: String
  private let isResumed: Bool
  private let progress: RunProgress

  /// A run of a task in a directory, over so many examples, which are called `noun`. `write` puts
  /// what is held out beside it. Prints the options and ends there, if that was asked for. Throws
  /// as `TrainingRun` does.
  init<Command: LearningCommand>(
    _ task: any TrainingTask, _ model: Command.Model, _ data: DataDescription, examples: Int,
    noun: String, in directory: String, resuming resumed: ResumedRun?, _ command: Command,
    write: (String) throws -> Void
  ) throws {
    let options = command.training
    let ranks = task.ranks
    (isResumed, isQuiet) = (resumed != nil, options.isQuiet || !ranks.isLeader)
    var plan = options.plan(
      examples: examples, batch: task.options.batch, given: resumed?.checkpoint.config.end)
    let isWatched = options.tensorboard ?? resumed?.checkpoint.config.tensorBoard ?? false
    plan.tensorBoard = isWatched ? TensorBoard() : nil
    let settings = RunSettings(
      model: model, data: data,
      training: task.options.forOne(of: ranks, threads: ThreadPool.threads), plan: plan,
      output: options.output)
    try ranks.compare(Self.facts(settings, Command.options))
    let config = try options.chosen(settings, Command.options)
    plan.tensorBoard?.hyperparameters = Command.options.compactMap { option in
      option.words(settings).map { (option.name, $0) }
    }
    plan.tensorBoard?.picture = { try TablePicture.draw($0, to: $1) }
    trainer =
      try resumed.map { try Trainer(resuming: $0.checkpoint, task) } ?? Trainer(starting: task)
    let isUnnamed = resumed == nil && options.output == nil && !options.dryRun
    let directory =
      try isUnnamed && ranks.isLeader ? RunDirectory.claim(directory, for: data) : directory
    self.directory = directory
    progress = RunProgress(
      trainer, plan, examples: examples, noun: noun,
      goOn: "\(Command.program) --resume \(shellQuoted(directory))", isQuiet: isQuiet)
    if let old = resumed?.checkpoint.config.end { Self.noteRise(trainer, from: old, to: plan.end) }
    guard !options.dryRun else {
      trainingRun = nil
      return
    }
    trainingRun = try TrainingRun(
      trainer, data: data, directory: directory, resumed?.beginning ?? .new, plan: plan)
    guard ranks.isLeader else { return }
    try RunDirectory.write(config, to: directory)
    try write(directory)
  }

  /// What all ranks must begin with. Folders may have other names elsewhere; what is in them may
  /// not be something else.
  private static func facts<Command, Model>(
    _ settings: RunSettings<Model>, _ options: [RunOption<Command, RunSettings<Model>>]
  ) -> [(name: String, value: String)] {
    let data = settings.data
    let places = ["output", "resume", "images", "audio", "validation", "quiet"]
    return World.machine + [
      ("the data's fingerprint", data.fingerprint ?? "unknown"),
      ("the validation data's fingerprint", data.validationFingerprint ?? "unknown"),
      ("the number of files", "\(data.count)"),
    ]
      + options.compactMap { option in
        places.contains(option.name)
          ? nil : option.words(settings).map { ("--" + option.name, $0) }
      }
  }

  /// Says that the rate, which had fallen towards the end that was given, rises again for another.
  private static func noteRise(
    _ trainer: Trainer, from old: TrainingRun.End, to new: TrainingRun.End
  ) {
    func rate(_ end: TrainingRun.End) -> Float {
      trainer.learningRate(done: end.done(trainer.state))
    }
    guard rate(old) < rate(new) else { return }
    note(
      "the rate had fallen to \(rate(old)) towards the end that the run had; it goes on at "
        + "\(rate(new)) and falls towards the new one")
  }

  /// One screen: the data and the model in `lines`, then how it is trained, with `more` of that,
  /// and when it will end.
  func describe(_ lines: [String], training more: [String]) {
    guard !isQuiet else { return }
    let o = trainer.options
    let patience = o.patience.map { ", or \(counted($0, "validation")) without a better one" }
    let all =
      lines + [
        "training    \(o.optimizer.rawValue)"
          + (o.muonInterval.map { ", a matrix every \($0) steps" } ?? "")
          + ", rate \(o.learningRate)"
          + (o.cooldown.map { ", falling to 0 over the last \($0) of the run" } ?? "")
          + ", batch \(o.batch)"
          + o.partsInWords + ", "
          + "seed \(o.seed), \(counted(ThreadPool.threads, "thread"))"
      ] + (World.words.map { ["ranks       " + $0] } ?? []) + more + [
        "output      \(directory)",
        "ends        \(progress.end)\(patience ?? "")"
          + (isResumed ? "; goes on from step \(grouped(trainer.state.iteration))" : ""),
      ]
    print(all.map(FileError.oneLine).joined(separator: "\n"))
    fflush(nil)
  }

  /// Runs it to its end, or tries it, where nothing is to be written; true if it ran. `watch` is
  /// called after each step.
  @discardableResult
  func run(watch: () -> Void = {}) throws -> Bool {
    guard let trainingRun else {
      try progress.rehearse()
      return false
    }
    try progress.run(trainingRun, watch: watch)
    return true
  }

  /// The best weights that were written.
  var best: Checkpoint? { try? Checkpoint(reading: directory) }
}

extension LearningRun {
  /// Runs it on a folder's files, and names those that turn out to be bad.
  func run(_ data: TrainingData) throws {
    // a validation names its own
    var named = Set(data.training.bad.map(\.path) + (data.validation?.paths ?? []))
    let ran = try run {
      // of a set too large for memory, files turn out to be bad when their turn comes
      for error in data.training.bad where named.insert(error.path).inserted {
        note("passed over \(error)")
      }
    }
    if ran, let clamped = (data.training as? SoundSet)?.clamped, clamped > 0 {
      note("\(grouped(clamped)) of the samples read were clamped to 16 bits")
    }
  }
}
