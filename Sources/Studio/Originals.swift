import Foundation
import Media
import Models
import Training

/// Examples of what a run learns from, to hold its samples against: what it held out, where that
/// is known.
struct Originals: Encodable, Sendable {
  var examples: [ExampleData] = []
  var rows: RowsData?

  private static let (images, sounds, rows) = (16, 4, 1000)
  /// The most bytes of a file, and of a list of them.
  private static let mostBytes = 1 << 28

  /// Those of a run. Throws a refusal or a `FileError` if the data are not where they were.
  init(_ place: RunPlace, _ config: CheckpointConfig) throws {
    if let table = config.data.table {
      rows = Self.rows(of: table, config)
    } else if let format = Self.format(config.model) {
      let files = try Self.files(place, config, format.medium.isSound ? Self.sounds : Self.images)
      examples = try files.map { ExampleData(try Example(fitting: $0, to: format, mostSeconds: 4)) }
    }
    guard !examples.isEmpty || rows != nil else {
      throw Refusal.impossible("the data are not known, or not where they were")
    }
  }

  private static func format(_ model: any ModelConfiguration) -> ExampleFormat? {
    (model as? GlowConfiguration)?.format ?? (model as? VAEConfiguration)?.format
  }

  /// The files that were held out; where no list of them is, those that it learned from. A list
  /// may name any file there is, so that only those in the run's own folders are taken.
  private static func files(
    _ place: RunPlace, _ config: CheckpointConfig, _ count: Int
  ) throws -> [[UInt8]] {
    let data = config.data
    guard !place.isFile, let folder = data.images ?? data.audio else { return [] }
    let folders = [folder, data.validation].compactMap { $0 }.map {
      ReadableFolder($0, followsLinks: data.followLinks ?? false)
    }
    func own(_ paths: [String]) throws -> [[UInt8]] {
      try paths.spread(most: count).compactMap { path in
        for folder in folders {
          if let bytes = try folder.contents(of: path, limit: mostBytes) { return bytes }
        }
        return nil
      }
    }
    let (held, all) = (place.path + "/validation.txt", place.path + "/files.jsonl")
    if let list = try? place.contents(of: held, limit: mostBytes) {
      let files = try own(
        String(decoding: list, as: UTF8.self).split(separator: "\n").compactMap {
          $0.split(separator: "\t").first.map(String.init)
        })
      if !files.isEmpty { return files }
    }
    guard let list = try? place.contents(of: all, limit: mostBytes),
      let files = try? FileManifest(parsing: list, path: all)
    else { return [] }
    let root = URL(fileURLWithPath: folder).standardizedFileURL.path
    return try own(files.entries.map { Folder.path(root, $0.file) })
  }

  /// Rows of a table, if they are those that the run learned from: else a checkpoint could name any
  /// table there is. Why one can't be read is not told, as that may quote it.
  private static func rows(of path: String, _ config: CheckpointConfig) -> RowsData? {
    let c = config.model as? FlowConfiguration
    let columns = (c?.columnsWithContext ?? (config.model as? VAEConfiguration)?.columns) ?? []
    guard let fingerprint = config.data.fingerprint,
      let table = try? Table(
        reading: path, columns: columns, dropMissing: config.data.dropMissing ?? false),
      table.fingerprint == fingerprint
    else { return nil }
    let shown = table.rows(Array(0..<table.rows).spread(most: rows))
    return RowsData(columns: shown.columns, values: shown.values)
  }
}
