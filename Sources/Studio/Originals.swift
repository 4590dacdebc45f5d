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
  /// The most bytes of a list of files.
  private static let mostBytes = 1 << 28

  /// Those of a run. Throws a refusal or a `FileError` if the data are not where they were.
  init(_ place: RunPlace, _ config: CheckpointConfig) throws {
    if let table = config.data.table {
      rows = try Self.rows(of: table, config)
    } else if let format = Self.format(config.model) {
      let paths = Self.paths(place, config, format.medium.isSound ? Self.sounds : Self.images)
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

  /// The files that were held out; where no list of them is, those that it learned from. A list
  /// may name any file there is, so that only those in the run's own folders are taken.
  private static func paths(_ place: RunPlace, _ config: CheckpointConfig, _ count: Int) -> [String]
  {
    let data = config.data
    guard !place.isFile, let folder = data.images ?? data.audio else { return [] }
    let folders = [folder, data.validation].compactMap { $0 }.map {
      ReadableFolder($0, followsLinks: data.followLinks ?? false)
    }
    func own(_ paths: [String]) -> [String] {
      spread(paths, count).filter { path in folders.contains { $0.holds(path) } }
    }
    let (held, all) = (place.path + "/validation.txt", place.path + "/files.jsonl")
    if place.holds(held), let list = try? WholeFile.read(held, limit: mostBytes) {
      let paths = own(
        String(decoding: list, as: UTF8.self).split(separator: "\n").compactMap {
          $0.split(separator: "\t").first.map(String.init)
        })
      if !paths.isEmpty { return paths }
    }
    guard place.holds(all), let files = try? FileManifest(reading: all) else { return [] }
    let root = URL(fileURLWithPath: folder).standardizedFileURL.path
    return own(files.entries.map { Folder.path(root, $0.file) })
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
