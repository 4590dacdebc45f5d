import Foundation
import Media
import Models
import Tensors
import Training

/// What a run learns from: a folder seen through the command line's words.
struct TrainingData {
  /// What its files were brought to.
  let format: ExampleFormat
  /// The classes that the model tells apart; none unless that was asked for.
  let classes: [String]
  let training: any ExampleSet
  let validation: (any ExampleSet)?
  let files: RunFiles
  let description: DataDescription
  /// What the data are, for the screen.
  let lines: [String]

  /// A folder to learn, the format that suits it, and how it is found again.
  typealias New = (folder: DataFolder, format: ExampleFormat, description: DataDescription)

  /// The data of a new run, without what it will write to `output`.
  init(
    _ new: New, isConditional: Bool = false, _ held: ValidationOptions, _ links: LinkOptions,
    _ training: RunOptions, output: String
  ) throws {
    var new = new
    new.description.validation = held.validation.map(absolute)
    new.description.validationFraction = held.validationFraction
    new.description.followLinks = links.follow ? true : nil
    try self.init(
      new, output: output, isConditional: isConditional, seed: training.seed ?? 0,
      isQuiet: training.isQuiet)
    warnOfTooFew()
  }

  /// The data of a run to go on with, which must be as they were; `folder` says where they are now.
  /// Throws a `FileError` that names the first difference.
  init(
    resuming run: ResumedRun, as format: ExampleFormat, classes: [String] = [],
    in folder: String?, _ held: ValidationOptions, _ training: RunOptions
  ) throws {
    let config = run.checkpoint.config
    let data = config.data.moved(to: folder, validation: held.validation)
    do {
      try self.init(
        (try DataFolder(data.source, format.medium, data, output: run.directory), format, data),
        output: run.directory, resuming: run.own, classes: classes, seed: config.training.seed,
        isQuiet: training.isQuiet)
    } catch let error as FileError where error.kind == .missing {
      let isValidation = error.path == data.validation
      let given = isValidation ? held.validation : folder
      guard given == nil else { throw error }
      let option = isValidation ? "--validation" : data.images != nil ? "--images" : "--audio"
      throw error.advising("\(option) DIR says where it is now")
    }
    guard classes.isEmpty || classes == self.training.classes else {
      throw FileError(
        path: data.source, reason: "has other classes than the run began with",
        kind: .malformed)
    }
    guard self.training.paths.count == data.count else {
      throw FileError(
        path: data.source,
        reason: "has \(self.training.paths.count) files to train on; the run began with "
          + "\(data.count)", kind: .malformed)
    }
  }

  private init(
    _ data: New, output: String, resuming own: String? = nil, isConditional: Bool = false,
    classes: [String] = [], seed: UInt64, isQuiet: Bool
  ) throws {
    let format = data.format
    var files = RunFiles(data.description, resuming: own)
    func load(_ folder: DataFolder, _ name: String) throws -> any ExampleSet {
      if !isQuiet { for line in folder.lines(of: name) { print(line) } }
      let set = try folder.load(as: format, data.description, of: name)
      say(set.windowNotes, of: name)
      return set
    }
    try files.add(data.folder.manifest())
    let all = try load(data.folder, "")
    if isConditional {
      guard !all.classes.isEmpty else {
        throw FileError(
          path: data.description.source,
          reason: "is not divided into class folders; --class-conditional needs every "
            + "\(format.medium.noun) in a subfolder", kind: .malformed)
      }
    }
    self.classes = isConditional ? all.classes : classes
    var description = files.description
    if let path = description.validation {
      let folder = try DataFolder(path, format.medium, description, output: output)
      try files.add(validation: folder.manifest())
      description = files.description
      (training, validation) = (all, try load(folder, "validation: "))
    } else {
      (training, validation) = Self.divided(all, &description, seed: seed, isNew: own == nil)
    }
    guard training.count > 0 else {
      throw FileError(
        path: description.source,
        reason:
          "has no sound of \(grouped(format.width)) frames to train on; --segment can be less",
        kind: .malformed)
    }
    let short = (all as? SoundSet)?.countWithoutSegment ?? 0
    if short > 0 {
      say([
        "\(counted(short, "sound")) shorter than \(counted(format.width, "frame")), so not learned from"
      ])
    }
    if description.count == 0 { description.count = training.paths.count }
    (self.format, self.files, self.description) = (format, files, description)
    lines = Self.lines(format, self.classes, training, validation, description)
  }

  /// What a run held out to validate on, read again; the run's folder, or the one to validate on,
  /// may be elsewhere now. Throws a `FileError` if its files are not what they were, or nothing was
  /// held out.
  static func heldOut(of checkpoint: Checkpoint, as format: ExampleFormat, in folder: String?)
    throws -> any ExampleSet
  {
    var data = checkpoint.config.data
    let own = URL(fileURLWithPath: checkpoint.path).deletingLastPathComponent().relativePath
    let isApart = data.validation != nil
    if let folder {
      if isApart { data.validation = absolute(folder) } else { data.move(to: absolute(folder)) }
    }
    let path = data.validation ?? data.source
    var files = RunFiles(data, resuming: own)
    do {
      let read = try DataFolder(path, format.medium, data)
      if isApart {
        try files.add(validation: read.manifest())
      } else {
        try files.add(read.manifest())
      }
      let all = try read.load(as: format, data)
      if isApart { return all }
      let seed = checkpoint.config.training.seed
      if let held = divided(all, &data, seed: seed, isNew: false).validation { return held }
    } catch let error as FileError where error.kind == .missing && folder == nil {
      throw error.advising("--\(format.medium.kind) DIR says where it is now")
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
    let files = format.medium.counted(training.paths.count)
    if let fraction = description.validationFraction {
      warn("--validation-fraction \(fraction) of \(files) is none: no best.safetensors")
    } else {
      warn(
        "\(files), too few to hold any out: no validation, no best.safetensors, and a model that "
          + "only memorises")
    }
  }

  private static func lines(
    _ format: ExampleFormat, _ classes: [String], _ training: any ExampleSet,
    _ validation: (any ExampleSet)?, _ data: DataDescription
  ) -> [String] {
    let held = validation.map { set in
      let count = set.paths.count
      let ends = training.paths.count == 1 ? "the end of it" : "the ends of \(count)"
      return (data.heldOutEnds == true ? ends : grouped(count)) + " to validate on"
    }
    let shape: String
    switch format.medium {
    case .images(let bits):
      shape =
        "size        \(format.width)x\(format.height), \(format.channels == 1 ? "gray" : "colour"), \(counted(bits, "bit"))"
    case .sound(let rate, _):
      let seconds = Double(format.width) / Double(rate)
      shape =
        "segment     \(grouped(format.width)) frames, \(seconds.formatted(2)) s at \(rate) Hz, "
        + channelName(format.channels)
    }
    return [
      "\(format.medium.noun)s      \(grouped(training.paths.count)) to train on, "
        + (held ?? "none to validate on"),
      shape
        + (classes.isEmpty ? "" : ", \(counted(classes.count, "class", plural: "classes"))"),
    ]
  }
}

extension FileError {
  /// With what a user could do about it.
  fileprivate func advising(_ advice: String) -> FileError {
    FileError(path: path, reason: "\(reason); \(advice)", kind: kind)
  }
}
