import Foundation
import Media

/// A regular file, open for reads at any offset from any thread.
///
/// It reads and never maps: a file that shrinks under a mapping kills the process, while a read
/// merely comes back short.
final class InputFile: Sendable {
  let path: String
  /// The size in bytes when the file was opened.
  let count: Int
  private let descriptor: Int32

  init(path: String) throws {
    // Opening a pipe would otherwise wait for someone to write to it.
    descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      throw FileError(path: path, reason: String(cString: strerror(errno)), kind: .missing)
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw FileError(path: path, reason: "not a regular file", kind: .malformed)
    }
    self.path = path
    count = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Fills `buffer` from `offset` on.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    var done = 0
    while done < buffer.count {
      // Darwin refuses more than 2 GiB at once.
      let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[done...].prefix(1 << 30))
      let count = pread(descriptor, piece.baseAddress, piece.count, off_t(offset + done))
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else {
        let reason = count < 0 ? String(cString: strerror(errno)) : "cut short while it was read"
        throw FileError(path: path, reason: reason, kind: .malformed)
      }
      done += count
    }
  }
}
