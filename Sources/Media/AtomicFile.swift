import Foundation
import Synchronization

/// Writes a file so that any death leaves either the old one or the new one, whole.
public enum AtomicFile {
  /// When a new file takes its name.
  public enum Durability: Sendable {
    /// Once it is safe on disk, whatever happens to the machine.
    case synced
    /// Once it is written, unless it replaces another: whole whatever happens to the process,
    /// though a power cut may leave a new file empty. What can be made again needs no more, and a
    /// thousand files have no time for it.
    case unsynced
  }

  /// Replaces the file at `path` by what `body` passes, piece after piece, to its argument.
  ///
  /// The pieces go to a temporary file beside, which takes the name at the end. One
  /// process writes one path from one place at a time. Before its first file in a directory it
  /// removes the temporary ones that dead processes left there.
  ///
  /// Throws a `FileError` (unwritable), or what `body` throws; what stood at `path` is then as it
  /// was and the temporary file is gone. Only a failure to sync the directory comes after the
  /// replacement.
  public static func write(
    to path: String, _ durability: Durability = .synced,
    _ body: (_ write: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) throws {
    try write(throughDescriptorTo: path, durability) { descriptor in
      try body { try writeAll($0, to: descriptor, path: path) }
    }
  }

  /// Replaces the file at `path` by a copy of another, as that was when it was opened; else as
  /// `write(to:_:_:)`.
  public static func write(_ file: InputFile, to path: String) throws {
    try write(to: path) { write in
      let piece = 1 << 20
      for start in stride(from: 0, to: file.count, by: piece) {
        try file.bytes(min(piece, file.count - start), at: start).withUnsafeBytes { try write($0) }
      }
    }
  }

  /// Replaces the file at `path` by a text, as `write(to:_:_:)`.
  package static func write(_ text: String, to path: String) throws {
    let bytes = Array(text.utf8)
    try write(to: path) { write in try bytes.withUnsafeBytes { try write($0) } }
  }

  /// Replaces the file at `path` by what `body` writes to an open descriptor, which it may seek in
  /// and must not close; else as `write(to:_:_:)`.
  public static func write(
    throughDescriptorTo path: String, _ durability: Durability = .synced,
    _ body: (_ descriptor: Int32) throws -> Void
  ) throws {
    let place = try Place(path)
    let isSynced = durability == .synced || access(path, F_OK) == 0
    let descriptor = try place.open()
    do {
      do {
        try body(descriptor)
        guard !isSynced || fsync(descriptor) == 0 else { throw unwritable(path) }
      } catch {
        close(descriptor)
        throw error
      }
      guard close(descriptor) == 0 else { throw unwritable(path) }
      guard rename(place.temporary, path) == 0 else { throw unwritable(path) }
    } catch {
      unlink(place.temporary)
      throw error
    }
    if isSynced { try sync(directory: place.directory, path: path) }
  }

  /// Finds out whether `write` can begin: makes the temporary file, and removes it. What stands at
  /// `path` is not touched.
  ///
  /// Throws a `FileError` (unwritable) as `write` does.
  public static func tryWriting(to path: String) throws {
    let place = try Place(path)
    close(try place.open())
    unlink(place.temporary)
  }

  /// A file that will be written, and the temporary one beside.
  private struct Place {
    let path, directory, temporary: String

    /// Throws a `FileError` if nothing can take the name.
    init(_ path: String) throws {
      // A rename would put a plain file in the place of a device as readily as in that of a file.
      var status = stat()
      if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
        let what = status.st_mode & S_IFMT == S_IFDIR ? "a directory" : "not a regular file"
        throw FileError(path: path, reason: "can't be written: it is \(what)", kind: .unwritable)
      }
      let nameStart = path.utf8.lastIndex(of: UInt8(ascii: "/")).map(path.utf8.index(after:))
      let directory = String(decoding: path.utf8[..<(nameStart ?? path.startIndex)], as: UTF8.self)
      let name = String(decoding: path.utf8[(nameStart ?? path.startIndex)...], as: UTF8.self)
      guard !name.isEmpty else {
        throw FileError(path: path, reason: "can't be written: it has no name", kind: .unwritable)
      }
      self.path = path
      self.directory = directory.isEmpty ? "." : directory
      temporary = "\(directory).\(name)\(mark)\(getpid())"
    }

    /// The temporary file, new and open.
    func open() throws -> Int32 {
      removeLeftovers(in: directory)
      unlink(temporary)
      let descriptor = Foundation.open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor < 0 {
        guard errno == ENOENT else { throw unwritable(path) }
        let isThere = access(directory, F_OK) == 0
        throw FileError(
          path: path,
          reason: "can't be written: its folder "
            + (isThere ? "takes no new files" : "does not exist"), kind: .unwritable)
      }
      return descriptor
    }
  }

  /// Writes all of `bytes` to an open file, however few of them each call takes; throws as `write`.
  public static func writeAll(
    _ bytes: UnsafeRawBufferPointer, to descriptor: Int32, path: String
  ) throws {
    var rest = bytes[...]
    while !rest.isEmpty {
      // Darwin refuses more than 2 GiB at once.
      let piece = UnsafeRawBufferPointer(rebasing: rest.prefix(1 << 30))
      let count = Foundation.write(descriptor, piece.baseAddress, piece.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw unwritable(path) }
      rest = rest.dropFirst(count)
    }
  }

  /// What stands between the name of a file and the number of the process that writes it.
  private static let mark = ".partial-"
  private static let cleaned = Mutex<Set<String>>([])

  /// Removes the temporary files of dead processes, once a directory.
  private static func removeLeftovers(in directory: String) {
    guard cleaned.withLock({ $0.insert(directory).inserted }) else { return }
    for entry in (try? FolderScan.list(directory)) ?? [] where entry.hasPrefix(".") {
      guard let range = entry.range(of: mark, options: .backwards),
        let process = pid_t(entry[range.upperBound...]), process > 0
      else { continue }
      if kill(process, 0) != 0 && errno == ESRCH { unlink(FolderScan.join(directory, entry)) }
    }
  }

  /// Makes the rename itself survive a power cut.
  private static func sync(directory: String, path: String) throws {
    let descriptor = open(directory, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unwritable(path) }
    defer { close(descriptor) }
    // Some file systems cannot sync a directory and say so with EINVAL.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw unwritable(path) }
  }

  private static func unwritable(_ path: String) -> FileError {
    FileError(
      path: path, reason: "can't be written: \(String(cString: strerror(errno)))",
      kind: .unwritable)
  }
}
