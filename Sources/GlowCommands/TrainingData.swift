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

  /// The data of a new run, without what it will write to `output`.
  init(_ command: TrainCommand, output: String) throws {
    self =
      try command.audio.map { try Self.sounds($0, command, output) } ?? Self.images(command, output)
  }

  /// The data of a run to go on with, which must be as they were.
  ///
  /// `own` is the run's directory. Throws a `FileError` that names the first difference.
  init(resuming checkpoint: Checkpoint, _ command: TrainCommand, own: String, output: String)
    throws
  {
    let model = try checkpoint.configuration(of: Glow.self)
    let data = checkpoint.config.data.moved(by: command)
    let files = RunFiles(data, output: output, resuming: own)
    do {
      let seed = checkpoint.config.training.seed
      self =
        switch model.medium {
        case .images: try Self.images(resuming: model, files, seed: seed)
        case .sound:
          try Self.sounds(resuming: model, files, seed: seed, quiet: command.training.quiet)
        }
    } catch let error as FileError where error.kind == .missing {
      let isValidation = error.path == data.validation
      let given = isValidation ? command.validation : command.images ?? command.audio
      guard given == nil else { throw error }
      let option = isValidation ? "--validation" : data.images != nil ? "--images" : "--audio"
      throw FileError(
        path: error.path, reason: "\(error.reason); \(option) DIR says where it is now",
        kind: .missing)
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

  /// Divides the files of a set into those to train and those to validate on, unless there is a set
  /// for that. Throws a `FileError` if none is left to train on.
  init(
    _ all: some ExampleSet, validation: (any ExampleSet)?, fraction: Double?, seed: UInt64,
    model: GlowConfiguration, files: RunFiles, lines: [String]
  ) throws {
    (self.model, self.lines, self.files) = (model, lines, files)
    var description = files.description
    if let validation {
      (training, self.validation) = (all, validation)
    } else {
      // a file without a window can't be scored
      let scored = Set(all.windows.map(\.file)).sorted()
      let order = RandomStream(seed: seed, .split).permutation(scored.count).map { scored[$0] }
      let held = Self.heldOut(of: order.count, fraction)
      training = all.subset(order[held...].sorted())
      self.validation = held > 0 ? all.subset(order[..<held].sorted()) : nil
    }
    guard training.count > 0 else {
      throw FileError(
        path: description.source,
        reason: "has no sound of \(grouped(model.width)) frames to train on; --segment can be less",
        kind: .malformed)
    }
    if description.count == 0 { description.count = training.paths.count }
    self.description = description
  }

  private static let defaultFraction = 0.1
  private static let mostHeldOut = 1000

  /// How many of so many files are held out: the part asked for; or a tenth, at least one of four.
  private static func heldOut(of count: Int, _ fraction: Double?) -> Int {
    if let fraction { return Int(fraction * Double(count)) }
    return count < 4 ? 0 : max(1, min(Int(defaultFraction * Double(count)), mostHeldOut))
  }
}
