import Synchronization

/// Which files of a folder are bad: those whose headers were, and those found later from any
/// thread.
final class FailureLog: Sendable {
  private let folder: String
  private let noun: String
  private let total: Int
  private let first: [FileError]
  private let later: Mutex<[Int: FileError]>

  /// The log of a folder of so many files with a readable header; `later` holds what is bad beyond
  /// the headers, by whatever numbers the caller gives to files.
  init(folder: String, noun: String, readable: Int, bad: [FileError], later: [Int: FileError]) {
    self.folder = folder
    self.noun = noun
    total = readable + bad.count
    first = bad
    self.later = Mutex(later)
  }

  /// All of them so far.
  var bad: [FileError] {
    first + later.withLock { $0.sorted { $0.key < $1.key }.map(\.value) }
  }

  /// What is known to be wrong with a file whose header could be read.
  subscript(i: Int) -> FileError? { later.withLock { $0[i] } }

  /// Remembers that a file is bad.
  func add(_ error: FileError, of i: Int) { later.withLock { $0[i] = error } }

  /// Throws if more than one file in ten is bad.
  func check() throws {
    if (first.count + later.withLock { $0.count }) * 10 > total { throw tooMany() }
  }

  /// The error for the folder, which says how many are bad.
  func tooMany() -> FileError {
    let bad = bad
    let first = bad.first.map { ", the first: \($0)" } ?? ""
    let reason = "\(bad.count) of \(total) \(noun)s can't be read\(first)"
    return FileError(path: folder, reason: reason, kind: .malformed)
  }

  /// The first bad files, each a line, and how many more there are.
  var notes: [Note] {
    let (bad, most) = (bad, 10)
    let lines = bad.prefix(most).map { Note("passed over \($0)") }
    if bad.count <= most { return lines }
    return lines + ["passed over \(counted(bad.count - most, noun)) more that can't be read"]
  }
}
