import Foundation
import Media
import Synchronization

/// What is said beside a result.
enum Messages {
  /// Whether it is left unsaid, by `--quiet`.
  static let areOff = Atomic(false)
}

/// Says on standard error what was done, or left out, without being asked.
func note(_ text: String) { sayBeside("note: \(text)") }

/// Says on standard error what may be wrong, and is gone on with.
func warn(_ text: String) { sayBeside("warning: \(text)") }

private func sayBeside(_ line: String) {
  if !Messages.areOff.load(ordering: .relaxed) { printError(FileError.oneLine(line)) }
}

/// Writes a line to standard error.
func printError(_ line: String) {
  fflush(nil)
  FileHandle.standardError.write(Data((line + "\n").utf8))
}
