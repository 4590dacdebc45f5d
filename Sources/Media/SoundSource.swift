import Synchronization

/// The files behind a `SoundSet` and its subsets, and what became known of them.
final class SoundSource: Sendable {
  let folder: SoundFolder
  let format: SoundFormat
  /// How many frames each of the folder's files has at the rate of `format`.
  let lengths: [Int]
  /// What is bad past its header, by its index into the folder's files.
  let failures: FailureLog
  /// How many samples were clamped so far.
  let clamped = Mutex(0)

  /// A file that can't be brought to the format is bad. Throws a `FileError` if more than one in
  /// ten is.
  init(_ folder: SoundFolder, _ format: SoundFormat, _ failures: [Int: FileError]) throws {
    self.folder = folder
    self.format = format
    var failures = failures
    lengths = folder.files.enumerated().map { i, file in
      do {
        return try SoundReader.frames(of: file.path, file.header, as: format)
      } catch {
        failures[i] = failures[i] ?? error as? FileError
        return 0
      }
    }
    self.failures = FailureLog(
      folder: folder.path, noun: "sound", readable: folder.files.count,
      bad: folder.bad, later: failures)
    try self.failures.check()
  }

  /// Opens a file, which must be what it was when the folder was read.
  func open(_ i: Int) throws -> SoundReader {
    let file = folder.files[i]
    let reader = try SoundReader(file.path, format: format)
    guard reader.header == file.header else {
      let reason = "has changed since its folder was read"
      throw FileError(path: file.path, reason: reason, kind: .malformed)
    }
    return reader
  }

  func read(
    _ reader: SoundReader, _ frames: Range<Int>, into buffer: UnsafeMutableBufferPointer<Int16>
  ) throws {
    let count = try reader.read(frames, into: buffer)
    if count > 0 { clamped.withLock { $0 += count } }
  }

  /// What a user should be told about a set of some of the files.
  func notes(_ files: [SoundFolder.File]) -> [Note] {
    files.map(\.header).reductionNotes(format) + folder.passedOver + failures.notes
      + folder.files.notes(noun: "sound")
  }
}
