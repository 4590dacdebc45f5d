import ArgumentParser
import Flows
import Foundation
import Media
import Tensors
import Training

/// From the command line's words to a run: chooses what was left open, says it, and shows the run.
struct TrainingSession {
  private let trainer: Trainer
  private let trainingRun: TrainingRun
  private let plan: TrainingRun.Plan
  private let directory: String
  private let training: ImageSet
  private let validation: ImageSet?
  private let isResumed: Bool
  private let isQuiet: Bool

  /// A new run.
  init(_ command: TrainCommand) throws {
    let path = command.images ?? ""
    let folder = try ImageFolder(path)
    let size = command.model.size ?? ImageSize(folder.mostCommonSize)
    try check(
      size.width >= 2 && size.height >= 2,
      "\(path): the images are \(size.width)x\(size.height); a side must be at least 2")
    var model = try command.model.configuration(
      size: size, channels: command.model.channels ?? folder.channels)
    if command.classConditional {
      try check(!folder.classes.isEmpty, "--class-conditional needs every image in a subfolder")
      model.classes = folder.classes
    }
    if let defect = model.defect { throw ValidationError(defect) }
    var defaults = TrainingOptions()
    defaults.batch = model.suitedBatch
    let directory = try command.output ?? Self.freeDirectory(for: path)
    try Self.refuseOverwriting(directory)
    if model.width != size.width || model.height != size.height {
      printError(
        "note: \(size.width)x\(size.height) is not divisible by \(1 << model.levels), so images are"
          + " reduced to \(model.width)x\(model.height)")
    }
    let options = command.options(defaults)
    let sets = try Self.sets(
      folder, model, validation: command.validation, fraction: command.validationFraction,
      seed: options.seed)
    try self.init(
      Trainer(Glow(model, seed: options.seed), sets.training, options), sets,
      data: Checkpoint.DataDescription(
        images: path, count: sets.training.count, validation: command.validation,
        validationFraction: command.validationFraction,
        width: folder.mostCommonSize.width, height: folder.mostCommonSize.height,
        channels: folder.channels),
      directory: directory, command, isResumed: false)
  }

  /// A run to go on with, from its last state. Options that would change what is learned are refused.
  init(resuming path: String, _ command: TrainCommand) throws {
    let checkpoint = try Checkpoint(reading: path, preferring: "last")
    let (model, data) = (checkpoint.config.model, checkpoint.config.data)
    try Self.refuseChanges(command, checkpoint)
    let folder = try ImageFolder(command.images ?? data.images)
    guard model.classes.isEmpty || model.classes == folder.classes else {
      throw FileError(
        path: folder.path, reason: "has other classes than the run began with", kind: .malformed)
    }
    let sets = try Self.sets(
      folder, model, validation: data.validation, fraction: data.validationFraction,
      seed: checkpoint.config.training.seed)
    guard sets.training.count == data.count else {
      throw FileError(
        path: folder.path,
        reason: "has \(sets.training.count) images to train on; the run began with \(data.count)",
        kind: .malformed)
    }
    let options = command.options(checkpoint.config.training)
    let trainer = try Trainer(Glow(model), sets.training, options, initialized: true)
    try checkpoint.restore(trainer)
    let own = URL(fileURLWithPath: checkpoint.path).deletingLastPathComponent().relativePath
    let directory = command.output ?? own
    if directory != own { try Self.refuseOverwriting(directory) }
    try self.init(
      trainer, sets, data: data, directory: directory, command, isResumed: true)
  }

  private init(
    _ trainer: Trainer, _ sets: (training: ImageSet, validation: ImageSet?),
    data: Checkpoint.DataDescription, directory: String, _ command: TrainCommand, isResumed: Bool
  ) throws {
    self.trainer = trainer
    (training, validation) = sets
    self.directory = directory
    self.isResumed = isResumed
    isQuiet = command.quiet
    plan = command.plan(images: training.count, batch: trainer.options.batch)
    trainingRun = try TrainingRun(
      trainer, validation: validation, data: data, directory: directory, plan: plan)
  }

  private static let defaultFraction = 0.1
  private static let mostHeldOut = 1000

  /// The images to train and to validate on.
  private static func sets(
    _ folder: ImageFolder, _ model: GlowConfiguration, validation: String?, fraction: Double?,
    seed: UInt64
  ) throws -> (training: ImageSet, validation: ImageSet?) {
    let all = try folder.load(width: model.width, height: model.height, channels: model.channels)
    for note in all.notes { printError("note: \(note)") }
    if let validation {
      let held = try ImageFolder(validation)
      let set = try held.load(width: model.width, height: model.height, channels: model.channels)
      for note in set.notes { printError("note: validation: \(note)") }
      return (all, set)
    }
    let part = Int((fraction ?? defaultFraction) * Double(all.count))
    let held = fraction == nil ? min(part, mostHeldOut) : part
    guard held > 0 else { return (all, nil) }
    let order = RandomStream(seed: seed, .split).permutation(all.count)
    return (
      all.subset(order[held...].sorted()), all.subset(order[..<held].sorted())
    )
  }

  /// Names every option that differs from what the run began with and would change its course.
  private static func refuseChanges(_ command: TrainCommand, _ checkpoint: Checkpoint) throws {
    let (model, data, old) = (
      checkpoint.config.model, checkpoint.config.data, checkpoint.config.training
    )
    let new = command.options(old)
    let changes: [(name: String, isChanged: Bool)] = [
      ("levels", command.model.levels.map { $0 != model.levels } ?? false),
      ("steps", command.model.steps.map { $0 != model.steps } ?? false),
      ("width", command.model.width.map { $0 != model.hidden } ?? false),
      ("coupling", command.model.coupling.map { $0 != model.coupling } ?? false),
      ("bits", command.model.bits.map { $0 != model.bits } ?? false),
      ("channels", command.model.channels.map { $0 != model.channels } ?? false),
      (
        "size",
        command.model.size.map {
          let unit = 1 << model.levels
          return $0.width / unit * unit != model.width || $0.height / unit * unit != model.height
        } ?? false
      ),
      ("class-conditional", command.classConditional && model.classes.isEmpty),
      ("validation", command.validation != nil && command.validation != data.validation),
      (
        "validation-fraction",
        command.validationFraction.map { $0 != data.validationFraction } ?? false
      ),
      ("batch", new.batch != old.batch), ("optimizer", new.optimizer != old.optimizer),
      ("learning-rate", new.learningRate != old.learningRate), ("warmup", new.warmup != old.warmup),
      ("weight-decay", new.weightDecay != old.weightDecay),
      ("clip-norm", new.clipNorm != old.clipNorm), ("ema", new.averageDecay != old.averageDecay),
      ("flip", new.flip != old.flip), ("seed", new.seed != old.seed),
    ]
    let changed = changes.filter(\.isChanged).map { "--" + $0.name }
    try check(
      changed.isEmpty,
      "a resumed run keeps its options; changed: \(changed.joined(separator: ", "))")
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
    let (c, o) = (trainer.glow.configuration, trainer.options)
    var parameters = 0
    trainer.glow.visitParameters { _, p in parameters += p.isTrained ? p.value.count : 0 }
    let end: String
    switch plan.end {
    case .iterations(let n):
      let epochs = Double(n * o.batch) / Double(training.count)
      end = "after \(grouped(n)) steps, \(epochs.formatted(1)) epochs"
    case .minutes(let m): end = "after \(m.formatted(m < 1 ? 2 : 0)) minutes of training"
    }
    print(
      """
      images      \(grouped(training.count)) to train on, \
      \(validation.map { grouped($0.count) + " to validate on" } ?? "none to validate on")
      size        \(c.width)x\(c.height), \(c.channels == 1 ? "gray" : "colour"), \(c.bits) bits\
      \(c.classes.isEmpty ? "" : ", \(c.classes.count) classes")
      model       \(c.levels) levels of \(c.steps) steps, \(c.hidden) hidden channels, \
      \(c.coupling.rawValue) couplings: \(grouped(parameters)) parameters
      training    \(o.optimizer.rawValue), rate \(o.learningRate), batch \(o.batch), \
      seed \(o.seed), \(ThreadPool.threads) threads
      output      \(directory)
      ends        \(end)\(isResumed ? "; goes on from step \(grouped(trainer.state.iteration))" : "")
      """)
    fflush(nil)
  }

  func run() throws {
    var bar = ProgressBar(isQuiet: isQuiet)
    let start = trainer.state
    var named = Set(training.bad.map(\.path))
    func show(_ event: TrainingRun.Event) {
      switch event {
      case .step(let step, let imagesPerSecond, let done):
        let spent = trainer.state.seconds - start.seconds
        let left: Double
        switch plan.end {
        case .iterations(let n):
          left = spent * Double(n - step.iteration) / Double(step.iteration - start.iteration)
        case .minutes(let minutes): left = minutes * 60 - trainer.state.seconds
        }
        bar.update(
          done: done,
          "step \(step.iteration)  \(step.bitsPerDimension.formatted(3)) bits/dim  "
            + "\(imagesPerSecond.formatted(0)) images/s  \(ProgressBar.clock(left)) left")
      case .evaluated(let iteration, let mean, let error, let isBest):
        // of a set too large for memory, files turn out to be bad when their turn comes
        for error in training.bad where named.insert(error.path).inserted {
          printError("note: passed over \(error)")
        }
        bar.line(
          "step \(iteration)  validation \(mean.formatted(4)) ± \(error.formatted(4)) bits/dim"
            + (isBest ? "  best so far" : ""))
      case .warning(let text): printError("warning: \(text)")
      }
    }
    let finished = try trainingRun.run(isStopped: { Interruption.status != nil }, report: show)
    let state = trainer.state
    bar.line(
      "\(finished ? "done" : "stopped") after \(grouped(state.iteration)) steps in "
        + "\(ProgressBar.clock(state.seconds))"
        + (state.skipped > 0 ? ", \(state.skipped) of them skipped" : "")
        + (state.best.isFinite ? "; best validation \(state.best.formatted(4)) bits/dim" : ""))
    guard !finished else { return }
    let end =
      switch plan.end {
      case .iterations(let n): "--iterations \(n)"
      case .minutes(let m): "--minutes \(m)"
      }
    bar.line("go on with: glowtrain --resume \(directory) \(end)")
  }
}
