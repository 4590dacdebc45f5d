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
    let path = directory + "/.lock"
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
}
