import Foundation

/// Whole files, read into memory.
public enum WholeFile {
  /// The bytes of a regular file: all of them, or the first `prefix`.
  ///
  /// Throws a `FileError`: `.missing` if it can't be opened, `.malformed` if it is not a regular
  /// file, is empty, or is longer than `limit` bytes.
  public static func read(
    _ path: String, prefix: Int = .max, limit: Int = 1 << 30
  ) throws -> [UInt8] {
    // Without O_NONBLOCK, opening a named pipe would wait for a writer.
    let file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard file >= 0 else {
      let reason = errno == ENOENT ? "does not exist" : "can't be opened: \(lastError())"
      throw FileError(path: path, reason: reason, kind: .missing)
    }
    defer { close(file) }

    func malformed(_ reason: String) -> FileError {
      FileError(path: path, reason: reason, kind: .malformed)
    }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw malformed("can't be read: \(lastError())") }
    switch status.st_mode & S_IFMT {
    case S_IFREG: break
    case S_IFDIR: throw malformed("is a directory")
    default: throw malformed("is not a regular file")
    }
    let size = Int(status.st_size)
    guard size > 0 else { throw malformed("is empty") }
    guard size <= limit else { throw malformed("is \(size) bytes; the limit is \(limit)") }

    let wanted = min(size, prefix)
    return try [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
      while count < wanted {
        let got = Foundation.read(file, buffer.baseAddress.map { $0 + count }, wanted - count)
        if got < 0 && errno == EINTR { continue }
        guard got >= 0 else { throw malformed("can't be read: \(lastError())") }
        if got == 0 { break }
        count += got
      }
    }
  }

  private static func lastError() -> String { String(cString: strerror(errno)) }
}
