import ArgumentParser
import Foundation
import Media
import Models
import Tensors
import Training

/// From the words of `glow vae` to a run: chooses what was left open, says it, and shows the run.
struct VAESession: LearningSession {
  private let learning: LearningRun
  private let data: VAEData

  init(_ command: VAECommand) throws {
    let name =
      command.table.map { URL(fileURLWithPath: $0).deletingPathExtension().path }
      ?? command.images ?? ""
    let directory = try RunDirectory.new(command.training.output, for: name)
    let data = try VAEData(command, output: directory)
    let options = command.options(
      .ofVAE(data.model, examples: data.training.count))
    try self.init(VAE(data.model, seed: options.seed), data, options, in: directory, nil, command)
  }

  init(resuming path: String, _ command: VAECommand) throws {
    let run = try ResumedRun(path, output: command.training.output)
    let c = try run.checkpoint.configuration(of: VAE.self)
    try Self.refuseChanges(command, run.checkpoint, c)
    try Output.tryFolder(run.directory)
    let data = try VAEData(resuming: run, c, command)
    let options = command.options(run.checkpoint.config.training)
    try self.init(VAE(c), data, options, in: run.directory, run, command)
  }

  private init(
    _ vae: VAE, _ data: VAEData, _ options: TrainingOptions, in directory: String,
    _ resumed: ResumedRun?, _ command: VAECommand
  ) throws {
    self.data = data
    learning = try LearningRun(
      VAETask(vae, data.training, validation: data.validation, options), data.model,
      data.description, examples: data.training.count,
      noun: data.model.image == nil ? "rows" : "images", in: directory, resuming: resumed, command,
      write: data.writeHeldOut)
  }

  /// Names every option that differs from what the run began with and would change its course.
  private static func refuseChanges(
    _ command: VAECommand, _ checkpoint: Checkpoint, _ c: VAEConfiguration
  ) throws {
    let data = checkpoint.config.data
    let size = command.size.map { [$0.width, $0.height] }
    // folders and tables may have moved
    try refuseChanged(
      [
        "images": command.images != nil && data.images == nil,
        "table": command.table != nil && data.table == nil,
        "size": size.map { $0 != [c.image?.width, c.image?.height] } ?? false,
        "validation": command.held.validation != nil && data.validation == nil,
      ], VAECommand.options, of: command,
      since: RunSettings(
        model: c, data: data, training: checkpoint.config.training, plan: TrainingRun.Plan(),
        output: nil))
  }

  func describe() {
    let c = data.model
    let o = learning.trainer.options
    let parameters = grouped(learning.trainer.task.model.parameterCount)
    var training =
      c.image == nil ? [] : ["            nets in \(o.netPrecision.rawValue)"]
    if let epochs = o.warmupEpochs {
      training.append(
        "            the divergence rises to its full weight in \(counted(epochs, "epoch"))"
          + (o.freeBits.map { ", \($0) nats of it free" } ?? ""))
    } else if let free = o.freeBits {
      training.append("            \(free) nats of the divergence are free")
    }
    learning.describe(
      data.lines + ["model       \(c.summary): \(parameters) parameters"], training: training)
  }

  func run() throws {
    if let files = data.files { try learning.run(files) } else { try learning.run() }
  }
}

extension TrainingOptions {
  /// How a variational autoencoder of so many examples is trained; of images by convolutions in the
  /// fastest format, in steps of a hundred or of what takes about 2 GB.
  static func ofVAE(_ c: VAEConfiguration, examples: Int) -> TrainingOptions {
    var options = TrainingOptions()
    let most = c.image.map { (1 << 31) / (110 * $0.width * $0.height * c.width) } ?? 100
    options.batch = max(1, min(100, examples, most))
    options.warmupEpochs = 10
    options.precision = c.image != nil ? .fastest : .float32
    return options
  }
}
