import Foundation
import Media
import Models
import Tensors
import Training

/// What a run learns from, and the model for it: a folder seen through the command line's words.
struct TrainingData {
  let model: GlowConfiguration
  let training: any ExampleSet
  let validation: (any ExampleSet)?
  let files: RunFiles
  let description: DataDescription
  /// What the data are, for the screen.
  let lines: [String]

  /// A folder to learn, the model that suits it, and how it is found again.
  typealias New = (folder: DataFolder, model: GlowConfiguration, description: DataDescription)

  /// The data of a new run, without what it will write to `output`.
  init(_ command: TrainCommand, output: String) throws {
    var new =
      try command.audio.map { try Self.sounds($0, command, output) } ?? Self.images(command, output)
    new.description.validation = command.held.validation.map(absolute)
    new.description.validationFraction = command.held.validationFraction
    new.description.followLinks = command.links.follow ? true : nil
    try self.init(
      new, output: output, isConditional: command.isConditional,
      seed: command.training.seed ?? 0, isQuiet: command.training.isQuiet)
    warnOfTooFew()
  }

  /// The data of a run to go on with, which must be as they were.
  ///
  /// `own` is the run's directory. Throws a `FileError` that names the first difference.
  init(resuming checkpoint: Checkpoint, _ command: TrainCommand, own: String, output: String)
    throws
  {
    let model = try checkpoint.configuration(of: Glow.self)
    let data = checkpoint.config.data.moved(by: command)
    do {
      try self.init(
        (try DataFolder(data.source, model.medium, data, output: output), model, data),
        output: output, resuming: own, isConditional: false,
        seed: checkpoint.config.training.seed, isQuiet: command.training.isQuiet)
    } catch let error as FileError where error.kind == .missing {
      let isValidation = error.path == data.validation
      let given = isValidation ? command.held.validation : command.images ?? command.audio
      guard given == nil else { throw error }
      let option = isValidation ? "--validation" : data.images != nil ? "--images" : "--audio"
      throw error.advising("\(option) DIR says where it is now")
    }
    guard model.classes.isEmpty || model.classes == training.classes else {
      throw FileError(
        path: data.source, reason: "has other classes than the run began with",
        kind: .malformed)
    }
    guard training.paths.count == data.count else {
      throw FileError(
        path: data.source,
        reason: "has \(training.paths.count) files to train on; the run began with "
          + "\(data.count)", kind: .malformed)
    }
  }

  private init(
    _ data: New, output: String, resuming own: String? = nil, isConditional: Bool, seed: UInt64,
    isQuiet: Bool
  ) throws {
    var (c, files) = (data.model, RunFiles(data.description, output: output, resuming: own))
    try check(c.validationError == nil, c.validationError ?? "")
    func load(_ folder: DataFolder, _ name: String) throws -> any ExampleSet {
      if !isQuiet { for line in folder.lines(of: name) { print(line) } }
      let set = try folder.load(for: c, data.description, of: name)
      say(set.windowNotes, of: name)
      return set
    }
    try files.add(data.folder.manifest())
    let all = try load(data.folder, "")
    if isConditional {
      try check(
        !all.classes.isEmpty, "--class-conditional needs every \(c.medium.noun) in a subfolder")
      c.classes = all.classes
    }
    var description = files.description
    if let path = description.validation {
      let folder = try DataFolder(path, c.medium, description, output: output)
      try files.add(validation: folder.manifest())
      description = files.description
      (training, validation) = (all, try load(folder, "validation: "))
    } else {
      (training, validation) = Self.divided(all, &description, seed: seed, isNew: own == nil)
    }
    guard training.count > 0 else {
      throw FileError(
        path: description.source,
        reason: "has no sound of \(grouped(c.width)) frames to train on; --segment can be less",
        kind: .malformed)
    }
    let short = (all as? SoundSet)?.countWithoutSegment ?? 0
    if short > 0 {
      say([
        "\(counted(short, "sound")) shorter than \(counted(c.width, "frame")), so not learned from"
      ])
    }
    if description.count == 0 { description.count = training.paths.count }
    (model, self.files, self.description) = (c, files, description)
    lines = Self.lines(c, training, validation, description)
  }

  /// What a run held out to validate on, read again; the run's folder, or the one to validate on, may
  /// be elsewhere now. Throws a `FileError` if its files are not what they were, or nothing was held
  /// out.
  static func heldOut(of checkpoint: Checkpoint, in folder: String?) throws -> any ExampleSet {
    let model = try checkpoint.configuration(of: Glow.self)
    var data = checkpoint.config.data
    let own = URL(fileURLWithPath: checkpoint.path).deletingLastPathComponent().relativePath
    let isApart = data.validation != nil
    if let folder {
      if isApart { data.validation = absolute(folder) } else { data.move(to: absolute(folder)) }
    }
    let path = data.validation ?? data.source
    var files = RunFiles(data, output: own, resuming: own)
    do {
      let read = try DataFolder(path, model.medium, data)
      if isApart {
        try files.add(validation: read.manifest())
      } else {
        try files.add(read.manifest())
      }
      let all = try read.load(for: model, data)
      if isApart { return all }
      let seed = checkpoint.config.training.seed
      if let held = divided(all, &data, seed: seed, isNew: false).validation { return held }
    } catch let error as FileError where error.kind == .missing && folder == nil {
      throw error.advising("--\(model.medium.kind) DIR says where it is now")
    }
    throw FileError(path: checkpoint.path, reason: "held out nothing", kind: .malformed)
  }

  /// Divides the files of a set into those to train and those to validate on. Of too few sounds the
  /// ends are held out, unless nothing is to be; a run that is gone on with, where it did so.
  private static func divided(
    _ all: any ExampleSet, _ data: inout DataDescription, seed: UInt64, isNew: Bool
  ) -> (training: any ExampleSet, validation: (any ExampleSet)?) {
    // a file without a window can't be scored
    let scored = Set(all.windows.map(\.file)).sorted()
    let order = RandomStream(seed: seed, .split).permutation(scored.count).map { scored[$0] }
    let held = heldOut(of: order.count, data.validationFraction)
    if held > 0 {
      return (all.subset(order[held...].sorted()), all.subset(order[..<held].sorted()))
    }
    let part = data.validationFraction ?? defaultFraction
    let ownEnds = isNew ? part > 0 && order.count < fewestDivided : data.heldOutEnds == true
    if ownEnds,
      let (starts, ends) = (all.subset(scored) as? SoundSet)?.holdingOutEnds(part)
    {
      data.heldOutEnds = true
      return (starts, ends)
    }
    return (all.subset(scored), nil)
  }

  private static let defaultFraction = 0.1
  private static let mostHeldOut = 1000
  private static let fewestDivided = 4

  /// How many of so many files are held out: the part asked for; or a tenth, at least one of four.
  private static func heldOut(of count: Int, _ fraction: Double?) -> Int {
    if let fraction { return Int(fraction * Double(count)) }
    if count < fewestDivided { return 0 }
    return max(1, min(Int(defaultFraction * Double(count)), mostHeldOut))
  }

  /// A warning where nothing is held out that nobody asked for.
  private func warnOfTooFew() {
    guard validation == nil, description.validationFraction != 0 else { return }
    let files = model.counted(training.paths.count)
    if let fraction = description.validationFraction {
      warn("--validation-fraction \(fraction) of \(files) is none: no best.safetensors")
    } else {
      warn(
        "\(files), too few to hold any out: no validation, no best.safetensors, and a model that "
          + "only memorises")
    }
  }

  private static func lines(
    _ c: GlowConfiguration, _ training: any ExampleSet, _ validation: (any ExampleSet)?,
    _ data: DataDescription
  ) -> [String] {
    let held = validation.map { set in
      let count = set.paths.count
      let ends = training.paths.count == 1 ? "the end of it" : "the ends of \(count)"
      return (data.heldOutEnds == true ? ends : grouped(count)) + " to validate on"
    }
    let shape: String
    switch c.medium {
    case .images:
      shape =
        "size        \(c.width)x\(c.height), \(c.channels == 1 ? "gray" : "colour"), \(counted(c.bits, "bit"))"
    case .sound(let rate, _):
      let seconds = Double(c.width) / Double(rate)
      shape =
        "segment     \(grouped(c.width)) frames, \(seconds.formatted(2)) s at \(rate) Hz, "
        + channelName(c.channels)
    }
    return [
      "\(c.medium.noun)s      \(grouped(training.paths.count)) to train on, "
        + (held ?? "none to validate on"),
      shape
        + (c.classes.isEmpty ? "" : ", \(counted(c.classes.count, "class", plural: "classes"))"),
    ]
  }
}

extension FileError {
  /// With what a user could do about it.
  fileprivate func advising(_ advice: String) -> FileError {
    FileError(path: path, reason: "\(reason); \(advice)", kind: kind)
  }
}
