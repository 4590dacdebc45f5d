import Foundation
import Media
import Training

/// A run to go on with, where it is or, as a fork, in another directory.
struct ResumedRun {
  /// Its last state.
  let checkpoint: Checkpoint
  /// The directory that it is in.
  let own: String
  /// The directory that it goes on in.
  let directory: String
  /// How it goes on there.
  let beginning: TrainingRun.Beginning

  /// The run in a directory, or the one that a file is the last state of. Throws a `FileError` if
  /// there is nothing to go on from, and a usage error where there is a run already.
  init(_ path: String, output: String?) throws {
    checkpoint = try Checkpoint(reading: path, preferring: "last", for: World.ranks)
    let file = URL(fileURLWithPath: checkpoint.path)
    own = file.deletingLastPathComponent().relativePath
    directory = output ?? own
    guard checkpoint.isResumable else {
      let last = FileManager.default.fileExists(atPath: "\(own)/last.safetensors")
      throw FileError(
        path: checkpoint.path,
        reason: "holds weights and no state to go on from; "
          + (last
            ? "--resume \(shellQuoted(own)) takes the run's last.safetensors"
            : "--resume takes a run's directory, which has one in last.safetensors"),
        kind: .malformed)
    }
    let isLast = file.lastPathComponent == "last.safetensors"
    if absolute(directory) == absolute(own) {
      try check(
        isLast,
        "\(checkpoint.path) is not a run's last.safetensors; --output says where else to go on "
          + "from it")
      beginning = .resumed
    } else {
      if World.ranks.isLeader { try RunDirectory.refuseOverwriting(directory) }
      beginning = .forked(from: isLast ? own : nil)
    }
    let lost = checkpoint.unknownTensors
    if let first = lost.first {
      note(
        "\(checkpoint.path): \(counted(lost.count, "unknown tensor")) not taken along, the first: "
          + first)
    }
  }
}
