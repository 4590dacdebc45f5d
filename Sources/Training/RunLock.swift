import Foundation
import Media

/// The right to write a run's directory, held by one process at a time.
///
/// It is a lock on the open file `.lock`, which the system drops when the process ends, however it
/// ends; the file itself stays and holds the number of the last process.
final class RunLock {
  private let descriptor: Int32

  /// Takes the lock. Throws a `FileError` if the file can't be made, or if another process holds
  /// it.
  init(_ directory: String) throws {
    let path = Self.path(directory)
    descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw FileError(
        path: path, reason: "can't be made: \(String(cString: strerror(errno)))", kind: .unwritable)
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      var bytes = [UInt8](repeating: 0, count: 32)
      let count = pread(descriptor, &bytes, bytes.count, 0)
      let holder = String(decoding: bytes[..<max(0, count)], as: UTF8.self)
        .filter(\.isNumber)
      // `deinit` closes: an initializer that throws with everything set runs it
      throw FileError(
        path: directory, reason: "is being written by another run, process \(holder)",
        kind: .unwritable)
    }
    let number = Array("\(getpid())\n".utf8)
    ftruncate(descriptor, 0)
    _ = pwrite(descriptor, number, number.count, 0)
  }

  deinit { close(descriptor) }

  private static func path(_ directory: String) -> String { directory + "/.lock" }

  /// Whether a process holds the lock. It is not tried, which for a moment would keep a run from
  /// it; instead the process is looked at whose number the file holds, and, where the system lets
  /// us see what that has open, whether the file is among it.
  static func isHeld(_ directory: String) -> Bool {
    let path = path(directory)
    guard let text = try? String(contentsOfFile: path, encoding: .utf8),
      let process = pid_t(text.filter(\.isNumber)), process > 0,
      kill(process, 0) == 0 || errno == EPERM
    else { return false }
    let folder = "/proc/\(process)/fd"
    guard let open = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      return true
    }
    var (lock, file) = (stat(), stat())
    guard stat(path, &lock) == 0 else { return false }
    return open.contains {
      stat("\(folder)/\($0)", &file) == 0 && file.st_ino == lock.st_ino
        && file.st_dev == lock.st_dev
    }
  }
}
