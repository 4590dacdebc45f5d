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

  /// Those of a run. Throws a refusal or a `FileError` if the data are not where they were.
  init(_ place: RunPlace, _ config: CheckpointConfig) throws {
    if let table = config.data.table {
      rows = try Self.rows(of: table, config)
    } else if let format = Self.format(config.model) {
      let paths = Self.spread(
        Self.paths(place, config), format.medium.isSound ? Self.sounds : Self.images)
      examples = try paths.map {
        ExampleData(
          try Example(fitting: WholeFile.read($0, limit: 1 << 28), to: format, mostSeconds: 4))
      }
    }
    guard !examples.isEmpty || rows != nil else {
      throw Refusal.impossible("the data are not known, or not where they were")
    }
  }

  private static func format(_ model: any ModelConfiguration) -> ExampleFormat? {
    (model as? GlowConfiguration)?.format ?? (model as? VAEConfiguration)?.format
  }

  /// The files that were held out; where no list of them is, those that it learned from.
  private static func paths(_ place: RunPlace, _ config: CheckpointConfig) -> [String] {
    guard !place.isFile, let folder = config.data.images ?? config.data.audio else { return [] }
    let list = try? String(contentsOfFile: place.path + "/validation.txt", encoding: .utf8)
    let heldOut = (list ?? "").split(separator: "\n").compactMap {
      $0.split(separator: "\t").first.map(String.init)
    }.filter { $0.hasPrefix("/") }
    if !heldOut.isEmpty { return heldOut }
    let files = try? FileManifest(reading: place.path + "/files.jsonl")
    return (files?.entries ?? []).map { Folder.path(folder, $0.file) }
  }

  private static func rows(of path: String, _ config: CheckpointConfig) throws -> RowsData {
    let c = config.model as? FlowConfiguration
    let columns = (c?.columnsWithContext ?? (config.model as? VAEConfiguration)?.columns) ?? []
    let table = try Table(reading: path, dropMissing: config.data.dropMissing ?? false)
      .selecting(columns)
    let shown = table.rows(spread(Array(0..<table.rows), rows))
    return RowsData(columns: shown.columns, values: shown.values)
  }

  private static func spread<T>(_ all: [T], _ most: Int) -> [T] {
    let n = min(all.count, most)
    return (0..<n).map { all[$0 * all.count / n] }
  }
}
