import Foundation
import Media
import Synchronization

/// What is said beside a result.
enum Asides {
  /// Whether it is left unsaid, by `--quiet`.
  static let areOff = Atomic(false)
}

/// Says on standard error what was done, or left out, without being asked.
func note(_ text: String) { sayAside("note: \(text)") }

/// Says on standard error what may be wrong, and is gone on with.
func warn(_ text: String) { sayAside("warning: \(text)") }

private func sayAside(_ line: String) {
  if !Asides.areOff.load(ordering: .relaxed) { printError(FileError.oneLine(line)) }
}

/// Writes a line to standard error.
func printError(_ line: String) {
  fflush(nil)
  FileHandle.standardError.write(Data((line + "\n").utf8))
}
