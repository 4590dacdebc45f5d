import Foundation

/// A regular file, open for reads at any offset from any thread.
///
/// It reads and never maps: a file that shrinks under a mapping kills the process, while a read
/// merely comes back short.
public final class InputFile: Sendable {
  /// Where the file is, as the user named it.
  public let path: String
  /// The size in bytes when the file was opened.
  public let count: Int
  /// For libraries that read descriptors; it is closed with the object.
  let descriptor: Int32

  /// Opens a file.
  ///
  /// Throws a `FileError`: `.missing` if it can't be opened, `.malformed` if it is not a regular
  /// file.
  public convenience init(path: String) throws {
    // Without O_NONBLOCK, opening a named pipe would wait for a writer.
    try self.init(opened: open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC), path: path)
  }

  /// A file that was just opened, which it closes; throws as `init(path:)`, by `errno` where the
  /// descriptor is below 0.
  package init(opened descriptor: Int32, path: String) throws {
    guard descriptor >= 0 else {
      let reason =
        errno == ENOENT ? "does not exist" : "can't be opened: \(String(cString: strerror(errno)))"
      throw FileError(path: path, reason: reason, kind: .missing)
    }
    var status = stat()
    let reason: String?
    if fstat(descriptor, &status) != 0 {
      reason = "can't be read: \(String(cString: strerror(errno)))"
    } else {
      switch status.st_mode & S_IFMT {
      case S_IFREG: reason = nil
      case S_IFDIR: reason = "is a directory"
      default: reason = "is not a regular file"
      }
    }
    if let reason {
      close(descriptor)
      throw FileError(path: path, reason: reason, kind: .malformed)
    }
    self.path = path
    self.descriptor = descriptor
    count = Int(status.st_size)
  }

  /// Bytes that came from elsewhere, as a file without a name in any folder; `path` is what errors
  /// call it.
  ///
  /// Throws a `FileError` (unwritable) if there is no room for them.
  public init(holding bytes: [UInt8], path: String) throws {
    var template = Array((NSTemporaryDirectory() + "/glow-XXXXXX").utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else {
      let reason = "can't be kept: \(String(cString: strerror(errno)))"
      throw FileError(path: path, reason: reason, kind: .unwritable)
    }
    unlink(template)
    (self.path, self.descriptor, count) = (path, descriptor, bytes.count)
    // `deinit` closes: an initializer that throws with everything set runs it
    try bytes.withUnsafeBytes { try AtomicFile.writeAll($0, to: descriptor, path: path) }
  }

  deinit { close(descriptor) }

  /// Fills `buffer` with the bytes from `offset` on.
  ///
  /// Throws a `FileError` if the file can't be read, or ends before the buffer is full.
  public func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    var done = 0
    while done < buffer.count {
      // Darwin refuses more than 2 GiB at once.
      let wanted = min(buffer.count - done, 1 << 30)
      let start = buffer.baseAddress.map { $0 + done }
      let got = pread(descriptor, start, wanted, off_t(offset + done))
      if got < 0 && errno == EINTR { continue }
      guard got > 0 else {
        let reason =
          got == 0
          ? "was cut short while it was read"
          : "can't be read: \(String(cString: strerror(errno)))"
        throw FileError(path: path, reason: reason, kind: .malformed)
      }
      done += got
    }
  }

  /// `count` bytes from `offset` on; throws as `read(into:at:)`.
  func bytes(_ count: Int, at offset: Int) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      try read(
        into: UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count), at: offset)
      initialized = count
    }
  }
}
