import Foundation

/// A folder to write into, which other processes may make and remove as well.
public enum Folder {
  /// Makes a folder, and all above it that are missing. Throws a `FileError` (unwritable) if it can't.
  public static func make(_ path: String) throws {
    do {
      try insisting {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      }
    } catch {
      throw FileError(path: path, reason: "can't be made", kind: .unwritable)
    }
  }

  /// Does again what failed: who tries whether it can write removes folders that it made, and that
  /// another just began to use. Throws what the last of a hundred tries does.
  public static func insisting(_ body: () throws -> Void) throws {
    for _ in 1..<100 {
      if (try? body()) != nil { return }
    }
    try body()
  }
}
