import ArgumentParser
import Foundation
import Media
import Models
import Tensors
import Training

/// From the command line's words to a run: chooses what was left open, says it, and shows the run.
struct TrainingSession {
  private let trainer: Trainer
  private let trainingRun: TrainingRun?
  private let plan: TrainingRun.Plan
  private let directory: String
  private let model: GlowConfiguration
  private let data: TrainingData
  private let isResumed: Bool
  private let isQuiet: Bool

  /// A new run.
  init(_ command: TrainCommand) throws {
    let directory =
      try command.training.output ?? RunDirectory.free(for: command.images ?? command.audio ?? "")
    try RunDirectory.refuseOverwriting(directory)
    try Output.tryFolder(directory)
    var (new, model) =
      try command.audio.map { try command.sounds($0, output: directory) }
      ?? command.images(command.images ?? "", output: directory)
    try check(model.validationError == nil, model.validationError ?? "")
    let data = try TrainingData(
      new, isConditional: command.isConditional, command.held, command.links, command.training,
      output: directory)
    model.classes = data.classes
    var defaults = TrainingOptions()
    defaults.batch = model.suitedBatch
    defaults.precision = .fastest
    if model.medium.isSound { defaults.learningRate = 0.002 }
    var options = command.options(defaults, for: model)
    let precision = options.netPrecision
    if command.memory == nil {
      options.memory = MemoryChoice.auto.resolved(
        for: model, batch: options.partSize, precision)
    }
    let task = try GlowTask(
      Glow(model, seed: options.seed), data.training, validation: data.validation, options)
    try self.init(task, model, data, directory: directory, command)
  }

  /// A run to go on with, from its last state. Options that would change what is learned are refused.
  init(resuming path: String, _ command: TrainCommand) throws {
    let run = try ResumedRun(path, output: command.training.output)
    let checkpoint = run.checkpoint
    let model = try checkpoint.configuration(of: Glow.self)
    try Self.refuseChanges(command, checkpoint, model)
    try Output.tryFolder(run.directory)
    let data = try TrainingData(
      resuming: run, as: model.format, classes: model.classes, in: command.images ?? command.audio,
      command.held, command.training)
    let task = try GlowTask(
      Glow(model), data.training, validation: data.validation,
      command.options(checkpoint.config.training, for: model))
    try self.init(task, model, data, directory: run.directory, command, resuming: run)
  }

  private init(
    _ task: GlowTask, _ model: GlowConfiguration, _ data: TrainingData, directory: String,
    _ command: TrainCommand, resuming resumed: ResumedRun? = nil
  ) throws {
    (self.model, self.data, self.directory) = (model, data, directory)
    isResumed = resumed != nil
    isQuiet = command.training.isQuiet
    plan = command.training.plan(
      examples: data.training.count, batch: task.options.batch,
      given: resumed?.checkpoint.config.end)
    let config = try command.training.chosen(
      RunSettings(
        model: model, data: data.description, training: task.options, plan: plan,
        output: command.training.output), TrainCommand.Row.all)
    trainer =
      try resumed.map { try Trainer(resuming: $0.checkpoint, task) } ?? Trainer(starting: task)
    guard !command.training.dryRun else {
      trainingRun = nil
      return
    }
    trainingRun = try TrainingRun(
      trainer, data: data.description, directory: directory, resumed?.beginning ?? .new, plan: plan)
    try RunDirectory.write(config, to: directory)
    try data.files.write(heldOut: data.validation)
  }

  /// Names every option that differs from what the run began with and would change its course.
  private static func refuseChanges(
    _ command: TrainCommand, _ checkpoint: Checkpoint, _ model: GlowConfiguration
  ) throws {
    let (data, old) = (checkpoint.config.data, checkpoint.config.training)
    let settings = RunSettings(
      model: model, data: data, training: old, plan: TrainingRun.Plan(), output: nil)
    let unit = model.unit
    let size = command.size.map { [$0.width / unit * unit, $0.height / unit * unit] }
    // what may be said in other words, and folders, which may have moved
    try refuseChanged(
      [
        "images": command.images != nil && data.images == nil,
        "audio": command.audio != nil && data.audio == nil,
        "size": size.map { $0 != [model.width, model.height] } ?? false,
        "validation": data.validationFingerprint == nil && command.held.validation != nil
          && command.held.validation != data.validation,
      ], TrainCommand.Row.all, of: command, since: settings)
    let new = command.options(old, for: model)
    let rounding =
      TrainCommand.Row.all.filter { $0.change == .said && $0.isChanged(command, settings) }
      .map(\.name)
      + (new.memory == old.memory ? [] : ["memory"])
    for name in rounding {
      note(
        "--\(name) is not what the run began with: sums are rounded otherwise, so it does not go "
          + "on bit for bit")
    }
  }

  /// One screen: what was chosen, and when it will end.
  func describe() {
    guard !isQuiet else { return }
    let (c, o) = (model, trainer.options)
    let parameters = trainer.task.model.parameterCount
    var sees: [String] = []
    if case .sound(let rate, _) = c.medium {
      let seconds = Double(c.receptiveField) / Double(rate)
      sees = ["            sees \(seconds.formatted(2)) s to either side of a sample, at most"]
    }
    var lines = data.lines
    lines += ["model       \(c.layout): \(grouped(parameters)) parameters"]
    lines += sees
    lines += [
      "training    \(o.optimizer.rawValue), rate \(o.learningRate), batch \(o.batch)"
        + (o.accumulate.map { " in \(counted($0, "part"))" } ?? "") + ", "
        + "seed \(o.seed), \(counted(ThreadPool.threads, "thread"))",
      "            nets in \(o.netPrecision.rawValue), activations "
        + (o.memory == .store ? "stored" : "recomputed"),
      "output      \(directory)",
      "ends        \(progress.end)"
        + (isResumed ? "; goes on from step \(grouped(trainer.state.iteration))" : ""),
    ]
    print(lines.joined(separator: "\n"))
    fflush(nil)
  }

  /// Runs it to its end; or tries it, where nothing is to be written.
  func run() throws {
    guard let trainingRun else { return try progress.rehearse() }
    // a validation names its own
    var named = Set(data.training.bad.map(\.path) + (data.validation?.paths ?? []))
    try progress.run(trainingRun) {
      // of a set too large for memory, files turn out to be bad when their turn comes
      for error in data.training.bad where named.insert(error.path).inserted {
        note("passed over \(error)")
      }
    }
    if let clamped = (data.training as? SoundSet)?.clamped, clamped > 0 {
      note("\(grouped(clamped)) of the samples read were clamped to 16 bits")
    }
  }

  private var progress: RunProgress {
    RunProgress(
      trainer, plan, examples: data.training.count,
      noun: model.medium.trainedNoun, goOn: "glowtrain --resume \(shellQuoted(directory))",
      isQuiet: isQuiet)
  }
}
