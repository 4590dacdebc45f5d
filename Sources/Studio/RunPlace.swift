import Foundation
import Media
import Training

/// Where a run is, or a checkpoint alone, and what the page calls it.
struct RunPlace: Hashable, Sendable {
  /// A run's directory, or a checkpoint's file; from the root on.
  let path: String
  /// As it is shown.
  let name: String
  let isFile: Bool

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

  /// The runs and checkpoints that a folder is, or that stand in it and in its folders, to a depth
  /// of three.
  static func all(in folder: String) -> [RunPlace] {
    let root = URL(fileURLWithPath: folder).standardizedFileURL.path
    let name = URL(fileURLWithPath: root).lastPathComponent
    if isCheckpoint(root) { return [RunPlace(path: root, name: name, isFile: true)] }
    if isRun(root) { return [RunPlace(path: root, name: name, isFile: false)] }
    return find(in: root, below: "", depth: 0)
  }

  private static let deepest = 3
  private static let most = 2000

  private static func find(in path: String, below prefix: String, depth: Int) -> [RunPlace] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { !$0.hasPrefix(".") }.sorted().prefix(most).flatMap { name -> [RunPlace] in
      let (inner, shown) = (Folder.path(path, name), prefix + name)
      if isCheckpoint(inner) { return [RunPlace(path: inner, name: shown, isFile: true)] }
      if isRun(inner) { return [RunPlace(path: inner, name: shown, isFile: false)] }
      guard depth + 1 < deepest, isFolder(inner) else { return [] }
      return find(in: inner, below: shown + "/", depth: depth + 1)
    }
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  private static func isRun(_ path: String) -> Bool {
    isFolder(path)
      && (TrainingRun.isThere(in: path)
        || FileManager.default.fileExists(atPath: path + "/metrics.jsonl"))
  }

  private static func isCheckpoint(_ path: String) -> Bool {
    path.hasSuffix(".safetensors") && !path.hasSuffix(".calibration.safetensors") && !isFolder(path)
      && (try? Checkpoint(reading: path)) != nil
  }
}
