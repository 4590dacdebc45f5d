import ArgumentParser
import Foundation
import Media
import Models
import Training

/// What `glow vae` learns from, and the model for it: a folder or a table, seen through the command
/// line's words.
struct VAEData {
  let model: VAEConfiguration
  let training: VAEExamples
  let validation: VAEExamples?
  let description: DataDescription
  /// What the data are, and what they are to the model, for the screen.
  let lines: [String]
  /// Of a folder.
  let files: TrainingData?
  private let table: TableData?

  /// Where nearly all pixels are 0 or 255, images are of 0 and 1.
  private static let (binaryPart, lookedAt) = (0.99, 256)

  /// The data of a new run.
  init(_ command: VAECommand, output: String) throws {
    if let path = command.table {
      try self.init(path, command)
    } else {
      try self.init(folder: command.images ?? "", command, output)
    }
  }

  private init(_ path: String, _ command: VAECommand) throws {
    let data = try TableData(
      path, columns: command.columns?.names,
      areProbabilities: command.model.likelihood == .bernoulli, dropsMissing: command.dropsMissing,
      command.held,
      seed: command.training.seed ?? 0)
    var c = VAEConfiguration(
      columns: data.table.columns, likelihood: command.model.likelihood ?? .gaussian)
    try c.standardize(by: data.training)
    try data.refuseExtremes(Array(zip(c.columns, c.scale)))
    c = try command.model.shape(c)
    if c.likelihood == .gaussian { data.warnOfWhatFlatters(apartFrom: []) }
    try self.init(c, data)
  }

  private init(folder path: String, _ command: VAECommand, _ output: String) throws {
    let folder = try ImageFolder(path, output: output, followingLinks: command.links.follow)
    let size = command.size ?? ImageSize(folder.mostCommonSize)
    let channels = command.channels ?? folder.channels
    let (given, binarization) = (command.model.likelihood, command.model.binarize)
    var c = VAEConfiguration(
      image: .init(width: size.width, height: size.height, channels: channels),
      likelihood: given ?? (binarization == nil ? .logistic : .bernoulli))
    if c.likelihood == .bernoulli { c.binarization = binarization ?? .static }
    c = try command.model.shape(c)
    let format = ExampleFormat(
      height: size.height, width: size.width, channels: channels, medium: .images(bits: 8))
    let description = DataDescription(
      images: absolute(path), width: folder.mostCommonSize.width,
      height: folder.mostCommonSize.height, channels: folder.channels)
    let data = try TrainingData(
      (.images(folder), format, description), command.held, command.links, command.training,
      output: output)
    let part = try (data.training as? ImageSet)?.binaryPart(of: Self.lookedAt) ?? 0
    let isBinary = part >= Self.binaryPart
    var reason = ""
    if given == nil, binarization == nil {
      if isBinary { (c.likelihood, c.binarization) = (.bernoulli, .static) }
      let share = "; \((100 * part).formatted(1)) % of the pixels are 0 or 255"
      reason =
        isBinary || part < 0.5
        ? share : share + ", --likelihood bernoulli makes all of them 0 or 1"
    }
    self.init(c, format, data, reason: reason)
  }

  /// The data of a run to go on with, which must be as they were.
  init(resuming run: ResumedRun, _ c: VAEConfiguration, _ command: VAECommand) throws {
    if let format = c.format {
      let data = try TrainingData(
        resuming: run, as: format, in: command.images, command.held, command.training)
      self.init(c, format, data)
    } else {
      try self.init(
        c,
        TableData(
          resuming: run.checkpoint, columns: c.columns, in: command.table,
          validation: command.held.validation))
    }
  }

  private init(_ c: VAEConfiguration, _ data: TableData) throws {
    (model, table, files) = (c, data, nil)
    training = try VAEExamples(data.training, for: c)
    validation = try data.validation.map { try VAEExamples($0, for: c) }
    description = data.description
    lines =
      data.lines() + [
        "rows        \(grouped(training.count)) to train on, "
          + "\((validation?.count).map(grouped) ?? "none") to validate on",
        "columns     " + NameList.shown(c.columns),
        "likelihood  \(c.likelihoodSummary)",
      ]
  }

  private init(
    _ c: VAEConfiguration, _ format: ExampleFormat, _ data: TrainingData, reason: String = ""
  ) {
    (model, table, files) = (c, nil, data)
    training = VAEExamples(data.training, as: format, for: c)
    validation = data.validation.map { VAEExamples($0, as: format, for: c) }
    description = data.description
    lines = data.lines + ["likelihood  \(c.likelihoodSummary)\(reason)"]
  }

  /// Writes what is held out into the run's directory. Throws a `FileError` if it can't.
  func writeHeldOut(to directory: String) throws {
    try files?.files.write(to: directory, heldOut: files?.validation)
    try table?.writeHeldOut(to: directory)
  }
}

extension VAEConfiguration {
  /// What p(x|z) is of, in a line.
  var likelihoodSummary: String {
    switch (likelihood, binarization) {
    case (.bernoulli, .static): "bernoulli: pixels above 127 are 1, the others 0"
    case (.bernoulli, .dynamic): "bernoulli: pixels are 1 by their value, drawn anew each time"
    case (.bernoulli, nil): "bernoulli: columns of 0 and 1"
    case (.logistic, _): "logistic, over \(1 << (image?.bits ?? 8)) levels"
    case (.gaussian, _): "gaussian"
    }
  }

  /// The posterior and the nets, in a line.
  var summary: String {
    let flows = posterior == .gaussian ? "" : ", \(flows) of them"
    let nets =
      image == nil
      ? "nets of \(hidden.map(String.init).joined(separator: ",")) hidden units"
      : "nets of \(counted(width, "channel"))"
    return "\(counted(latent, "latent")); posterior: \(posterior.summary)\(flows); \(nets)"
  }
}
