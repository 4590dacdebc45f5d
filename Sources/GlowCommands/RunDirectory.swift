import Foundation
import Media
import Training

/// Where a run writes.
enum RunDirectory {
  /// Where a new run of what has this path is written: `output`, or checkpoints/NAME. Throws where there
  /// is a run already, or nothing can be written.
  static func new(_ output: String?, for path: String) throws -> String {
    let directory = try output ?? free(for: path)
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

  /// checkpoints/NAME after the folder, with a number behind it if there is one already.
  private static func free(for path: String) throws -> String {
    let name = URL(fileURLWithPath: path).lastPathComponent
    let base = "checkpoints/" + (name.isEmpty || name == "/" ? "run" : name)
    var (candidate, number) = (base, 2)
    while FileManager.default.fileExists(atPath: candidate) {
      candidate = "\(base)-\(number)"
      number += 1
    }
    return candidate
  }
}
