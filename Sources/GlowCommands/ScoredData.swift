import ArgumentParser
import Detection
import Foundation
import Media
import Models
import Training

/// A folder's files or a table's rows, as a model says what they are like.
struct ScoredData {
  let statistics: Statistics
  let source: Calibration.Source
  /// The files; nil of a table.
  let examples: (any ExampleSet)?
  /// What one is called.
  let noun: String
  /// How many files there are that could not be scored.
  let passedOver: Int

  /// Reads and scores what the options say, or with `heldOut` what a run held out to validate on.
  /// Throws a `FileError` if it can't be read, or is not what the model takes.
  init(
    _ options: ScoredDataOptions, _ checkpoint: Checkpoint, _ model: any Model,
    heldOut: Bool = false
  ) throws {
    switch model {
    case let flow as FlowDensity:
      try self.init(rowsOf: options, checkpoint, flow, heldOut)
    default: try self.init(filesOf: options, checkpoint, checkpoint.expect(model), heldOut)
    }
  }

  private init(
    rowsOf options: ScoredDataOptions, _ checkpoint: Checkpoint, _ flow: FlowDensity,
    _ heldOut: Bool
  ) throws {
    try refuse(
      ["images": options.images != nil, "audio": options.audio != nil], notForTables)
    let columns = flow.configuration.columnsWithContext
    let table = try options.rows(columns, checkpoint, heldOut: heldOut)
    statistics = Statistics(
      of: flow, on: try FlowRows(table, for: flow.configuration),
      numbers: heldOut ? nil : table.rowNumbers)
    source = Calibration.Source(flow, path: absolute(table.path))
    (examples, noun, passedOver) = (nil, "row", table.dropped)
  }

  private init(
    filesOf options: ScoredDataOptions, _ checkpoint: Checkpoint, _ glow: Glow, _ heldOut: Bool
  ) throws {
    try refuse(
      ["table": options.table != nil, "drop-missing": options.tableOptions.dropMissing],
      onlyForTables)
    let c = glow.configuration
    let (set, found) = try Self.examples(options, checkpoint, c.format, heldOut)
    say(set.windowNotes)
    statistics = try Statistics(of: glow, on: set)
    for error in statistics.bad { note("passed over \(error)") }
    let path = options.path ?? checkpoint.config.data.validation ?? checkpoint.config.data.source
    var source = Calibration.Source(
      glow, tile: (set as? ImageTiles).map { [$0.width, $0.height] }, path: absolute(path))
    if c.medium.isSound || source.tile != nil {
      source.span = [statistics.span.lowerBound, statistics.span.upperBound]
    }
    (self.source, examples, noun) = (source, set, c.medium.noun)
    passedOver = max(0, found - statistics.items.count)
  }

  /// The files, and how many were found.
  private static func examples(
    _ options: ScoredDataOptions, _ checkpoint: Checkpoint, _ format: ExampleFormat,
    _ heldOut: Bool
  ) throws -> (any ExampleSet, found: Int) {
    try options.checkMedium(of: format)
    if heldOut {
      let set = try TrainingData.heldOut(of: checkpoint, as: format, in: options.path)
      return (set, set.paths.count)
    }
    let data = checkpoint.config.data
    if let images = options.images {
      return try imagesOrTiles(images, as: format, data, options.links)
    }
    let (set, folder) = try options.sounds(as: format, data)
    return (set, folder.files.count + folder.bad.count)
  }

  /// Images as the run took them; those larger than it knew, in tiles of the model's size.
  private static func imagesOrTiles(
    _ path: String, as format: ExampleFormat, _ data: DataDescription, _ links: LinkOptions
  ) throws -> (any ExampleSet, found: Int) {
    let folder = try ImageFolder(path, followingLinks: links.follow)
    let size = folder.mostCommonSize
    let known = [[format.width, format.height], [data.width ?? 0, data.height ?? 0]]
    let isLarger = size.width >= format.width && size.height >= format.height
    let found = folder.files.count + folder.bad.count
    guard isLarger, !known.contains([size.width, size.height]) else {
      let set = try load(folder, as: format, data)
      let others = folder.files.count { file in
        let header = file.header
        return header.width >= format.width && header.height >= format.height
          && !known.contains([header.width, header.height])
      }
      if others > 0 {
        warn(
          "\(counted(others, "image")) of another size scaled down or cropped, so that p says less; "
            + "in a folder of their own they are cut into tiles")
      }
      return (set, found)
    }
    let tiles = try ImageTiles(
      folder, width: format.width, height: format.height, channels: format.channels)
    say(tiles.notes)
    return (tiles, found)
  }
}

/// A `FileError` where what a model knows can't be told from what it does not.
func requireDetectable(_ model: any Model, _ checkpoint: Checkpoint) throws {
  let isDensity = model is Glow || (model as? FlowDensity)?.configuration.target == nil
  if let glow = model as? Glow, glow.configuration.condition != nil {
    throw FileError(
      path: checkpoint.path,
      reason: "is told the spectrum of what it scores; a model that is told nothing is needed",
      kind: .malformed)
  }
  guard model is Glow || model is FlowDensity, isDensity else {
    throw FileError(
      path: checkpoint.path,
      reason: "is a model of kind \(model.kind); one of images, sounds or a table is needed",
      kind: .malformed)
  }
}
