/// Whole files, read into memory.
public enum WholeFile {
  /// The bytes of a regular file: all of them, or the first `prefix`.
  ///
  /// Throws a `FileError`: `.missing` if it can't be opened, `.malformed` if it is not a regular
  /// file, is empty, or is longer than `limit` bytes.
  public static func read(
    _ path: String, prefix: Int = .max, limit: Int = 1 << 30
  ) throws -> [UInt8] {
    try read(InputFile(path: path), prefix: prefix, limit: limit)
  }

  /// As the other, of a file that is open.
  package static func read(
    _ file: InputFile, prefix: Int = .max, limit: Int = 1 << 30
  ) throws -> [UInt8] {
    let path = file.path
    guard file.count > 0 else { throw FileError(path: path, reason: "is empty", kind: .malformed) }
    guard file.count <= limit else {
      let reason = "is \(file.count) bytes; the limit is \(limit)"
      throw FileError(path: path, reason: reason, kind: .malformed)
    }
    return try file.bytes(min(file.count, prefix), at: 0)
  }
}
