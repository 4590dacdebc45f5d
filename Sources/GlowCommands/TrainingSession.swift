import ArgumentParser
import Foundation
import Media
import Models
import Tensors
import Training

/// From the command line's words to a run: chooses what was left open, says it, and shows the run.
struct TrainingSession: LearningSession {
  private let learning: LearningRun
  private let model: GlowConfiguration
  private let data: TrainingData

  init(_ command: TrainCommand) throws {
    let directory = try RunDirectory.new(
      command.training.output, for: command.images ?? command.audio ?? "")
    var (new, model) =
      try command.audio.map { try command.sounds($0, output: directory) }
      ?? command.images(command.images ?? "", output: directory)
    try check(model.validationError == nil, model.validationError ?? "")
    let data = try TrainingData(
      new, isConditional: command.isConditional, command.held, command.links, command.training,
      output: directory)
    model.classes = data.classes
    var options = try command.options(.suited(to: model), for: model, isNew: true)
    if command.training.muonInterval == nil || options.optimizer != .muon {
      options.muonInterval = options.suitedMuonInterval(for: model)
    }
    if command.training.warmup == nil {
      let plan = command.training.plan(examples: data.training.count, batch: options.batch)
      options.warmup = options.suitedWarmup(for: plan.end)
    }
    let precision = options.netPrecision
    if command.memory == nil {
      options.memory = MemoryChoice.auto.resolved(
        for: model, batch: options.examplesAtOnce(threads: ThreadPool.threads), precision)
    }
    let task = try GlowTask(
      Glow(model, seed: options.seed), data.training, validation: data.validation, options,
      over: World.ranks)
    try self.init(task, model, data, directory: directory, command)
  }

  init(resuming path: String, _ command: TrainCommand) throws {
    let run = try ResumedRun(path, output: command.training.output)
    let checkpoint = run.checkpoint
    let model = try checkpoint.configuration(of: Glow.self)
    try Self.refuseChanges(command, checkpoint, model)
    if World.ranks.isLeader { try Output.tryFolder(run.directory) }
    let data = try TrainingData(
      resuming: run, as: model.format, classes: model.classes, in: command.images ?? command.audio,
      command.held, command.training)
    let task = try GlowTask(
      Glow(model), data.training, validation: data.validation,
      command.options(checkpoint.config.training, for: model), over: World.ranks)
    try self.init(task, model, data, directory: run.directory, command, resuming: run)
  }

  private init(
    _ task: GlowTask, _ model: GlowConfiguration, _ data: TrainingData, directory: String,
    _ command: TrainCommand, resuming resumed: ResumedRun? = nil
  ) throws {
    (self.model, self.data) = (model, data)
    learning = try LearningRun(
      task, model, data.description, examples: data.training.count,
      noun: model.medium.trainedNoun, in: directory, resuming: resumed, command
    ) { try data.files.write(to: $0, heldOut: data.validation) }
  }

  /// Names every option that differs from what the run began with and would change its course.
  private static func refuseChanges(
    _ command: TrainCommand, _ checkpoint: Checkpoint, _ model: GlowConfiguration
  ) throws {
    let (data, old) = (checkpoint.config.data, checkpoint.config.training)
    let settings = RunSettings(
      model: model, data: data, training: old.forOne(of: World.ranks, threads: ThreadPool.threads),
      plan: TrainingRun.Plan(),
      output: nil)
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
    let new = try command.options(old, for: model)
    if new.accumulate != old.accumulate
      || new.apart ?? false != old.apart ?? false && ThreadPool.threads > 1
    {
      let why =
        command.accumulate == nil ? ", which \(World.ranks.size) ranks can't share" : ""
      note(
        "the run took its batches\(old.partsInWords.isEmpty ? " whole" : old.partsInWords)\(why);"
          + "\(new.partsInWords.isEmpty ? " whole" : new.partsInWords) from now on, so that sums are "
          + "rounded otherwise, and it does not go on bit for bit")
    }
    if new.apart == true, let parts = new.accumulate,
      parts / World.ranks.size < ThreadPool.threads
    {
      note(
        "the run takes its batches\(new.partsInWords), so that "
          + "\(parts / World.ranks.size) of \(counted(ThreadPool.threads, "thread")) work at most; "
          + "--accumulate 1 cuts them anew")
    }
    let rounding =
      TrainCommand.Row.all.filter {
        $0.name != "accumulate" && $0.change == .said && $0.isChanged(command, settings)
      }
      .map(\.name)
      + (new.memory == old.memory ? [] : ["memory"])
    for name in rounding {
      note(
        "--\(name) is not what the run began with: sums are rounded otherwise, so it does not go "
          + "on bit for bit")
    }
  }

  func describe() {
    let o = learning.trainer.options
    let parameters = learning.trainer.task.model.parameterCount
    var lines = data.lines
    lines.append("model       \(model.layout): \(grouped(parameters)) parameters")
    if case .sound(let rate, _) = model.medium {
      let seconds = Double(model.receptiveField) / Double(rate)
      lines.append("            sees \(seconds.formatted(2)) s to either side of a sample, at most")
    }
    if let condition = model.condition { lines.append("told        " + condition.words) }
    learning.describe(
      lines,
      training: [
        "            nets in \(o.netPrecision.rawValue), activations "
          + (o.memory == .store ? "stored" : "recomputed")
      ])
  }

  func run() throws { try learning.run(data) }
}
