import Foundation
import Media

extension Checkpoint {
  /// As `init(reading:preferring:)`, for all ranks: rank 0 reads the file, the others get its
  /// bytes. Throws a `FileError` there, which ends the run, and a `RankFailure` on the others.
  public init(
    reading path: String, preferring preferred: String = "best", for ranks: any Communicator
  ) throws {
    guard ranks.size > 1 else {
      try self.init(reading: path, preferring: preferred)
      return
    }
    let path = try ranks.fromLeader { Self.resolve(path, preferring: preferred) }
    let bytes = try ranks.bytesFromLeader { try Data(WholeFile.read(path, limit: .max)) }
    try self.init(in: InputFile(holding: Array(bytes), path: path))
  }
}
