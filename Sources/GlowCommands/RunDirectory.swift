import Foundation
import Media
import Training

/// Where a run writes.
enum RunDirectory {
  /// Where a new run of what has this path is written: `output`, or checkpoints/NAME. Throws where
  /// there is a run already, or nothing can be written.
  static func new(_ output: String?, for path: String) throws -> String {
    let directory = output ?? free(base(for: path))
    guard World.ranks.isLeader else { return directory }
    try refuseOverwriting(directory)
    try Output.tryFolder(directory)
    return directory
  }

  /// A usage error where there is a run already.
  static func refuseOverwriting(_ directory: String) throws {
    try check(
      !TrainingRun.isThere(in: directory),
      "\(directory) holds a run already; --resume it, or choose another --output")
  }

  /// Writes what was chosen as --config reads it, so that the run can be begun again.
  static func write(_ config: String, to directory: String) throws {
    try AtomicFile.write(config, to: "\(directory)/config.yaml")
  }

  /// Makes the directory of a new run of these data that nobody named. If that was made just now it
  /// is the next by number: whoever begins at the same moment has its own. Throws a `FileError` if
  /// it can't be made.
  static func claim(_ directory: String, for data: DataDescription) throws -> String {
    let table = data.table.map { URL(fileURLWithPath: $0).deletingPathExtension().path }
    return try claim(directory, base: base(for: table ?? data.source))
  }

  static func claim(_ directory: String, base: String) throws -> String {
    var directory = directory
    while try !Folder.makeNew(directory) { directory = free(base) }
    return directory
  }

  /// checkpoints/NAME after the folder.
  private static func base(for path: String) -> String {
    let name = URL(fileURLWithPath: path).lastPathComponent
    return "checkpoints/" + (name.isEmpty || name == "/" ? "run" : name)
  }

  /// `base`, with a number behind it if there is one already.
  private static func free(_ base: String) -> String {
    var (candidate, number) = (base, 2)
    while FileManager.default.fileExists(atPath: candidate) {
      candidate = "\(base)-\(number)"
      number += 1
    }
    return candidate
  }
}
