import Foundation
import Media
import Training

/// Finds runs and checkpoints in folders, again and again.
struct RunFinder {
  /// What files turned out to be, by the bytes of their paths: reading each one anew every few
  /// seconds would cost too much.
  private var known: [[UInt8]: (stamp: FileStamp, isCheckpoint: Bool)] = [:]

  /// How deep it looks, and how many names of a folder.
  private static let (deepest, most) = (3, 2000)

  /// The runs and checkpoints that a path is, or that stand in it and in its folders.
  mutating func places(in path: String) -> [RunPlace] {
    let root = URL(fileURLWithPath: path).standardizedFileURL.path
    let name = URL(fileURLWithPath: root).lastPathComponent
    return place(root, name).map { [$0] } ?? find(in: root, below: "", depth: 0)
  }

  private mutating func find(in path: String, below prefix: String, depth: Int) -> [RunPlace] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    var places: [RunPlace] = []
    for name in names.filter({ !$0.hasPrefix(".") }).sorted().prefix(Self.most) {
      let inner = Folder.path(path, name)
      if let place = place(inner, prefix + name) {
        places.append(place)
      } else if depth + 1 < Self.deepest, Self.isFolder(inner) {
        places += find(in: inner, below: prefix + name + "/", depth: depth + 1)
      }
    }
    return places
  }

  /// What a path is, if it is a run or a checkpoint.
  private mutating func place(_ path: String, _ name: String) -> RunPlace? {
    if isCheckpoint(path) { return RunPlace(path: path, name: name, isFile: true) }
    return Self.isRun(path) ? RunPlace(path: path, name: name, isFile: false) : nil
  }

  private mutating func isCheckpoint(_ path: String) -> Bool {
    guard path.hasSuffix(".safetensors"), let stamp = FileStamp(path) else { return false }
    let key = Array(path.utf8)
    if let known = known[key], known.stamp == stamp { return known.isCheckpoint }
    let isCheckpoint = (try? Checkpoint(reading: path)) != nil
    known[key] = (stamp, isCheckpoint)
    return isCheckpoint
  }

  private static func isRun(_ path: String) -> Bool {
    TrainingRun.isThere(in: path)
      || isFolder(path) && FileManager.default.fileExists(atPath: path + "/metrics.jsonl")
  }

  private static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }
}
