import ArgumentParser
import Foundation
import Media
import Models
import Tensors
import Training

/// From the command line's words to a run: chooses what was left open, says it, and shows the run.
struct TrainingSession {
  private let trainer: Trainer
  private let trainingRun: TrainingRun
  private let plan: TrainingRun.Plan
  private let directory: String
  private let data: TrainingData
  private let isResumed: Bool
  private let isQuiet: Bool

  /// A new run.
  init(_ command: TrainCommand) throws {
    let directory =
      try command.output ?? Self.freeDirectory(for: command.images ?? command.audio ?? "")
    try Self.refuseOverwriting(directory)
    let data = try TrainingData(command, output: directory)
    var defaults = TrainingOptions()
    defaults.batch = data.model.suitedBatch
    defaults.precision = .fastest
    if data.model.medium.isSound { defaults.learningRate = 0.002 }
    var options = command.options(defaults, for: data.model)
    let precision = options.netPrecision
    if command.memory == nil {
      options.memory = MemoryChoice.auto.resolved(
        for: data.model, batch: options.partSize, precision)
    }
    let task = try GlowTask(
      Glow(data.model, seed: options.seed), data.training, validation: data.validation, options)
    try self.init(
      Trainer(starting: task), data, directory: directory, command)
  }

  /// A run to go on with, from its last state. Options that would change what is learned are refused.
  init(resuming path: String, _ command: TrainCommand) throws {
    let checkpoint = try Checkpoint(reading: path, preferring: "last")
    try Self.refuseChanges(command, checkpoint)
    let own = URL(fileURLWithPath: checkpoint.path).deletingLastPathComponent().relativePath
    let directory = command.output ?? own
    if directory != own { try Self.refuseOverwriting(directory) }
    let data = try TrainingData(
      resuming: checkpoint, command, own: own, output: directory)
    let task = try GlowTask(
      Glow(data.model), data.training, validation: data.validation,
      command.options(checkpoint.config.training, for: data.model))
    try self.init(
      Trainer(resuming: checkpoint, task), data, directory: directory, command, isResumed: true,
      given: checkpoint.config.end)
  }

  private init(
    _ trainer: Trainer, _ data: TrainingData, directory: String, _ command: TrainCommand,
    isResumed: Bool = false, given: TrainingRun.End? = nil
  ) throws {
    (self.trainer, self.data, self.directory) = (trainer, data, directory)
    self.isResumed = isResumed
    isQuiet = command.quiet
    plan = command.plan(
      examples: data.training.count, batch: trainer.options.batch, given: given)
    trainingRun = try TrainingRun(
      trainer, data: data.description, directory: directory, plan: plan)
    try data.files.write()
  }

  /// Names every option that differs from what the run began with and would change its course.
  private static func refuseChanges(_ command: TrainCommand, _ checkpoint: Checkpoint) throws {
    let model = try checkpoint.configuration(of: Glow.self)
    let (data, old) = (checkpoint.config.data, checkpoint.config.training)
    func differs<T: Equatable>(_ given: T?, _ value: T?) -> Bool { given != nil && given != value }
    let changes: [(name: String, isChanged: Bool)] = [
      ("images", command.images != nil && data.images == nil),
      ("audio", command.audio != nil && data.audio == nil),
      ("levels", differs(command.model.levels, model.levels)),
      ("steps", differs(command.model.steps, model.steps)),
      ("width", differs(command.model.width, model.hidden)),
      ("layers", differs(command.model.layers, model.audio?.layers)),
      ("segment", differs(command.model.segment, model.width)),
      ("coupling", differs(command.model.coupling, model.coupling)),
      ("bits", differs(command.model.bits, model.bits)),
      ("channels", differs(command.model.channels, model.channels)),
      (
        "size",
        command.model.size.map {
          $0.width / model.unit * model.unit != model.width
            || $0.height / model.unit * model.unit != model.height
        } ?? false
      ),
      ("sample-rate", differs(command.audioOptions.sampleRate, model.audio?.rate)),
      ("resample", command.audioOptions.resample && data.resample != true),
      ("skip-suspicious", command.audioOptions.skipSuspicious && data.skipSuspicious != true),
      ("class-conditional", command.classConditional && model.classes.isEmpty),
      (
        "validation",
        // a folder whose files are known may have moved
        data.validationFingerprint == nil && differs(command.validation, data.validation)
      ),
      ("validation-fraction", differs(command.validationFraction, data.validationFraction)),
    ]
    let options = KeptOption.all.filter { $0.isChanged(command, old) }
    let changed =
      (changes.filter(\.isChanged).map(\.name)
      + options.filter { $0.change == .refused }.map(\.name)).map { "--" + $0 }
    try check(
      changed.isEmpty,
      "a resumed run keeps its options; changed: \(changed.joined(separator: ", "))")
    let new = command.options(old, for: model)
    let rounding =
      options.filter { $0.change == .said }.map(\.name)
      + (new.memory == old.memory ? [] : ["memory"])
    for name in rounding {
      printError(
        "note: --\(name) is not what the run began with: sums are rounded otherwise, so it does not go "
          + "on bit for bit")
    }
  }

  private static func refuseOverwriting(_ directory: String) throws {
    for name in ["last", "best"] {
      try check(
        !FileManager.default.fileExists(atPath: "\(directory)/\(name).safetensors"),
        "\(directory) holds a run already; --resume it, or choose another --output")
    }
  }

  /// checkpoints/NAME after the folder, with a number behind it if there is one already.
  private static func freeDirectory(for path: String) throws -> String {
    let name = URL(fileURLWithPath: path).lastPathComponent
    let base = "checkpoints/" + (name.isEmpty || name == "/" ? "run" : name)
    var (candidate, number) = (base, 2)
    while FileManager.default.fileExists(atPath: candidate) {
      candidate = "\(base)-\(number)"
      number += 1
    }
    return candidate
  }

  /// One screen: what was chosen, and when it will end.
  func describe() {
    guard !isQuiet else { return }
    let (c, o) = (data.model, trainer.options)
    let parameters = trainer.task.model.parameterCount
    let files = [
      grouped(data.training.paths.count) + " to train on",
      data.validation.map { grouped($0.paths.count) + " to validate on" }
        ?? "none to validate on",
    ]
    var (layers, sees) = ("", [String]())
    if case .sound(let rate, let count) = c.medium {
      layers = ", \(count) gated layers"
      let seconds = Double(c.receptiveField) / Double(rate)
      sees = ["            sees \(seconds.formatted(2)) s to either side of a sample, at most"]
    }
    var lines = ["\(c.medium.noun)s      " + files.joined(separator: ", ")]
    lines += data.lines
    lines += [
      "model       \(c.levels) levels of \(c.steps) steps, \(c.hidden) hidden channels\(layers), "
        + "\(c.coupling.rawValue) couplings: \(grouped(parameters)) parameters"
    ]
    lines += sees
    lines += [
      "training    \(o.optimizer.rawValue), rate \(o.learningRate), batch \(o.batch)"
        + (o.accumulate.map { " in \($0) parts" } ?? "") + ", "
        + "seed \(o.seed), \(ThreadPool.threads) threads",
      "            nets in \(o.netPrecision.rawValue), activations "
        + (o.memory == .store ? "stored" : "recomputed"),
      "output      \(directory)",
      "ends        \(end)"
        + (isResumed ? "; goes on from step \(grouped(trainer.state.iteration))" : ""),
    ]
    print(lines.joined(separator: "\n"))
    fflush(nil)
  }

  func run() throws {
    var bar = ProgressBar(isQuiet: isQuiet)
    let start = trainer.state
    var named = Set(data.training.bad.map(\.path))
    let noun = data.model.medium.trainedNoun
    let figure = trainer.task.figure.name
    func show(_ event: TrainingRun.Event) {
      switch event {
      case .step(let step, let examplesPerSecond, let done):
        let spent = trainer.state.seconds - start.seconds
        let left: Double
        switch plan.end {
        case .iterations(let n):
          left = spent * Double(n - step.iteration) / Double(step.iteration - start.iteration)
        case .minutes(let minutes): left = minutes * 60 - trainer.state.seconds
        }
        bar.update(
          done: done,
          "step \(step.iteration)  \(step.loss.formatted(3)) \(figure)  "
            + "\(examplesPerSecond.formatted(examplesPerSecond < 10 ? 1 : 0)) \(noun)/s  \(ProgressBar.clock(left)) left"
        )
      case .evaluated(let iteration, let mean, let error, let isBest):
        // of a set too large for memory, files turn out to be bad when their turn comes
        for error in data.training.bad where named.insert(error.path).inserted {
          printError("note: passed over \(error)")
        }
        bar.line(
          "step \(iteration)  validation \(mean.formatted(4))\(plusMinus(error)) \(figure)"
            + (isBest ? "  best so far" : ""))
      case .warning(let text): printError("warning: \(text)")
      }
    }
    if trainingRun.done >= 1 {
      printError(
        "note: the run is past its end already, \(end); --minutes, --iterations or --epochs says "
          + "another")
    }
    let finished = try trainingRun.run(isStopped: { Interruption.status != nil }, report: show)
    let state = trainer.state
    bar.line(
      "\(finished ? "done" : "stopped") after \(grouped(state.iteration)) steps in "
        + "\(ProgressBar.clock(state.seconds))"
        + (state.skipped > 0 ? ", \(state.skipped) of them skipped" : "")
        + (state.best.isFinite ? "; best validation \(state.best.formatted(4)) \(figure)" : ""))
    if let clamped = (data.training as? SoundSet)?.clamped, clamped > 0 {
      printError("note: \(grouped(clamped)) of the samples read were clamped to 16 bits")
    }
    guard !finished else { return }
    bar.line("go on with: glowtrain --resume \(shellQuoted(directory))")
  }

  /// When the run ends, for the screen.
  private var end: String {
    switch plan.end {
    case .iterations(let n):
      let epochs = Double(n * trainer.options.batch) / Double(data.training.count)
      return "after \(counted(n, "step")), \(epochs.formatted(1)) epochs"
    case .minutes(let m):
      let whole = m == m.rounded() && m < 1e9
      return "after \(whole ? counted(Int(m), "minute") : "\(m) minutes") of training"
    }
  }
}
