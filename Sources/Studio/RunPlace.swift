import Foundation

/// Where a run is, or a checkpoint alone, and what the page calls it.
struct RunPlace: Hashable, Sendable {
  /// A run's directory, or a checkpoint's file; from the root on.
  let path: String
  /// As it is shown: the end of the path.
  let name: String
  let isFile: Bool

  /// These, with as much more of their paths in the names of some as tells them apart.
  static func distinct(_ places: [RunPlace]) -> [RunPlace] {
    let count = Dictionary(places.map { ($0.name, 1) }, uniquingKeysWith: +)
    guard count.count < places.count else { return places }
    return distinct(places.map { count[$0.name] == 1 ? $0 : $0.withLongerName })
  }

  private var withLongerName: RunPlace {
    let (parts, own) = (path.split(separator: "/"), name.split(separator: "/").count)
    let isWhole = own >= parts.count
    return RunPlace(
      path: path, name: isWhole ? path : parts.suffix(own + 1).joined(separator: "/"),
      isFile: isFile)
  }

  /// A name for the page: the same each time the studio is started, and no path.
  var id: String {
    // FNV-1a
    let hash = path.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
    return String(hash, radix: 36)
  }

  /// The file that metrics are in; nil of a checkpoint alone.
  var metrics: String? { isFile ? nil : path + "/metrics.jsonl" }

  /// The file that its options are in; nil of a checkpoint alone.
  var options: String? { isFile ? nil : path + "/config.yaml" }

  /// Whether a file lies in the run's own directory, with no link on the way, which could lead
  /// anywhere.
  func holds(_ file: String) -> Bool { ReadableFolder(path).holds(file) }
}
