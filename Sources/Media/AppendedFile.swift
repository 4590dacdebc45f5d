import Foundation

/// A file that grows at its end, by whole pieces: of one that can't be written nothing stays.
package final class AppendedFile {
  /// Where it is.
  package let path: String
  private let descriptor: Int32

  /// Opens a file, made if need be. Throws a `FileError` if it can't be written.
  package init(_ path: String) throws {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw FileError(
        path: path, reason: "can't be written: \(String(cString: strerror(errno)))",
        kind: .unwritable)
    }
  }

  deinit { close(descriptor) }

  /// Adds a piece. Throws a `FileError` if it can't be written.
  package func add(_ bytes: [UInt8]) throws {
    let end = lseek(descriptor, 0, SEEK_END)
    do {
      try bytes.withUnsafeBytes { try AtomicFile.writeAll($0, to: descriptor, path: path) }
    } catch {
      if end >= 0 { ftruncate(descriptor, end) }  // a part of a piece would spoil the next one
      throw error
    }
  }
}
