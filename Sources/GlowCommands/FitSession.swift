import ArgumentParser
import Foundation
import Media
import Models
import Tensors
import Training

/// From the words of `glow fit` to a run: chooses what was left open, says it, and shows the run.
struct FitSession: LearningSession {
  private let learning: LearningRun
  private let model: FlowConfiguration
  private let lines: [String]

  init(_ command: FitCommand) throws {
    let name = command.table.map { URL(fileURLWithPath: $0).deletingPathExtension().path }
    let directory = try RunDirectory.new(
      command.training.output, for: name ?? command.target ?? "")
    if let path = command.table {
      let data = try FitData(path, command)
      let options = Self.options(
        command,
        FlowConfiguration.defaults(
          rows: data.training.count, columns: data.model.columns.count))
      let flow = FlowDensity(data.model, seed: options.seed)
      let task = FlowTask(flow, data.training, validation: data.validation, options)
      try self.init(
        task, data.model, data.table.description, directory, command, data)
    } else {
      var c = FlowConfiguration(columns: ["x1", "x2"], flows: [], hidden: [64, 64])
      (c.isSampler, c.target) = (true, command.target)
      // autoregressive, a column's distribution is cut in two wherever the target's is
      c.flows = [FlowName.mixture, .affine].map(\.rawValue)
      c.components = 32
      c = try command.shape(c)
      c.flows.removeAll { $0 == FlowName.whiten.rawValue }
      var options = Self.options(command, .ofTarget)
      options.annealing =
        command.annealing ?? command.training.iterations.map { min(10_000, $0 / 2) } ?? 10_000
      options.gradient = command.gradient ?? .total
      let flow = FlowDensity(c, seed: options.seed)
      try self.init(
        try Self.targetTask(flow, options), c,
        DataDescription(target: command.target ?? ""), directory, command)
    }
  }

  init(resuming path: String, _ command: FitCommand) throws {
    let run = try ResumedRun(path, output: command.training.output)
    let checkpoint = run.checkpoint
    let model = try checkpoint.configuration(of: FlowDensity.self)
    try Self.refuseChanges(command, checkpoint, model)
    try Output.tryFolder(run.directory)
    let options = Self.options(command, checkpoint.config.training)
    let flow = FlowDensity(model)
    if model.isSampler {
      try self.init(
        try Self.targetTask(flow, options), model,
        checkpoint.config.data, run.directory, command, resuming: run)
    } else {
      let data = try FitData(resuming: checkpoint, command)
      let task = FlowTask(flow, data.training, validation: data.validation, options)
      try self.init(
        task, model, data.table.description, run.directory, command, data, resuming: run)
    }
  }

  private init(
    _ task: any TrainingTask, _ model: FlowConfiguration, _ data: DataDescription,
    _ directory: String, _ command: FitCommand, _ table: FitData? = nil,
    resuming resumed: ResumedRun? = nil
  ) throws {
    self.model = model
    let validated = (table?.validation?.count).map(grouped) ?? "none"
    lines =
      (table?.lines ?? [])
      + (data.target.map { ["target      \($0)"] }
        ?? [
          "rows        \(grouped(data.count)) to train on, \(validated) to validate on",
          "columns     " + NameList.shown(model.columns)
            + (model.context.isEmpty ? "" : ", given " + NameList.shown(model.context.map(\.name))),
        ])
    learning = try LearningRun(
      task, model, data, examples: data.count, noun: model.isSampler ? "draws" : "rows",
      in: directory, resuming: resumed, command
    ) { try table?.table.writeHeldOut(to: $0) }
  }

  private static func targetTask(_ flow: FlowDensity, _ options: TrainingOptions) throws
    -> TargetTask
  {
    guard let target = Target.all.first(where: { $0.name == flow.configuration.target }) else {
      throw ValidationError("there is no target \(flow.configuration.target ?? "")")
    }
    return TargetTask(flow, target: target, options)
  }

  private static func options(_ command: FitCommand, _ defaults: TrainingOptions) -> TrainingOptions
  {
    var options = defaults
    for option in RunOption<RunOptions, TrainingOptions>.all {
      option.set(command.training, &options)
    }
    if let patience = command.patience { options.patience = patience == 0 ? nil : patience }
    return options
  }

  /// Names every option that differs from what the run began with and would change its course.
  private static func refuseChanges(
    _ command: FitCommand, _ checkpoint: Checkpoint, _ model: FlowConfiguration
  ) throws {
    let (data, old) = (checkpoint.config.data, checkpoint.config.training)
    try check(command.table == nil || !model.isSampler, "the run fits a target, and has no TABLE")
    var shaping = command
    shaping.base = model.base
    let isShaped = command.flow != nil || command.transforms != nil
    let flows = isShaped ? try shaping.shape(model).flows : model.flows
    // what may be said in other words, and tables, which may have moved
    try refuseChanged(
      [
        "epochs": command.training.epochs != nil && model.isSampler,
        "flow or --transforms": flows != model.flows,
        "validation": command.held.validation != nil && data.validation == nil,
      ], FitCommand.Row.all, of: command,
      since: RunSettings(
        model: model, data: data, training: old, plan: TrainingRun.Plan(), output: nil))
  }

  func describe() {
    if let warning = model.reachWarning { warn(warning) }
    let o = learning.trainer.options
    let hasNets = model.flows.compactMap(FlowName.init).contains(where: \.hasNets)
    let nets = model.hidden.map(String.init).joined(separator: ",")
    learning.describe(
      lines + [
        "model       \(model.summary)",
        "            " + (hasNets ? "nets of \(nets) hidden units: " : "")
          + "\(grouped(learning.trainer.task.model.parameterCount)) parameters",
      ],
      training: model.isSampler
        ? [
          "            the target rises from flat over \(counted(o.annealing ?? 500, "step"))"
            + (o.gradient == .path ? "; gradients along the path" : "")
        ] : [])
  }

  /// Says as well if all of it was for nothing.
  func run() throws {
    guard try learning.run(), !learning.isQuiet, Interruption.status == nil,
      learning.trainer.state.iteration > 0, learning.best?.state.iteration == 0
    else { return }
    print(
      "note: no validation was better than the first, of the model as it began"
        + (beginsAsGaussian ? ", the Gaussian of the data's mean and covariance" : ""))
  }

  /// Whether the flows behind the whitening change nothing at first.
  private var beginsAsGaussian: Bool {
    let still: [FlowName] = [.permute, .nice, .realnvp, .maf, .iaf, .nsf, .couplingNSF]
    return model.flows.first == FlowName.whiten.rawValue && model.base == "normal"
      && model.flows.dropFirst().allSatisfy { still.map(\.rawValue).contains($0) }
  }
}
