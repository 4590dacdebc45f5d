import Foundation
import Media

extension Checkpoint {
  /// As `init(reading:preferring:)`, for all ranks: rank 0 reads the file, the others get its bytes.
  /// Throws a `FileError` there, which ends the run, and a `RankFailure` on the others.
  public init(
    reading path: String, preferring preferred: String = "best", for ranks: any Communicator
  ) throws {
    guard ranks.size > 1 else {
      try self.init(reading: path, preferring: preferred)
      return
    }
    var own: Checkpoint?
    let bytes: Data = try ranks.fromLeader {
      let checkpoint = try Checkpoint(reading: path, preferring: preferred)
      own = checkpoint
      return try Data(WholeFile.read(checkpoint.path))
    }
    if let own {
      self = own
      return
    }
    // an open file that no name leads to any more: nobody has to tidy up
    let copy = NSTemporaryDirectory() + "glow-rank-\(ranks.rank)-\(UUID().uuidString).safetensors"
    try AtomicFile.write(Array(bytes), to: copy)
    defer { try? FileManager.default.removeItem(atPath: copy) }
    try self.init(reading: copy)
  }
}
