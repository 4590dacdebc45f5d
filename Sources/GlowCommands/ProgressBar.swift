import Foundation

/// One line that is drawn again and again on a terminal; elsewhere, a plain line now and then.
struct ProgressBar {
  private let isTerminal = isatty(STDOUT_FILENO) == 1
  private let isQuiet: Bool
  private var lastDrawn = 0.0

  init(isQuiet: Bool) { self.isQuiet = isQuiet }

  /// Shows how far things are, 0 to 1, and `text`; does nothing if it did so a moment ago.
  mutating func update(done: Double, _ text: @autoclosure () -> String) {
    let now = Double(DispatchTime.now().uptimeNanoseconds) * 1e-9
    guard !isQuiet, now - lastDrawn > (isTerminal ? 0.1 : 10) || done >= 1 else { return }
    lastDrawn = now
    guard isTerminal else { return say(text()) }
    let filled = Int(20 * min(1, max(0, done)))
    let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: 20 - filled)
    print("\r\u{1B}[K\(bar) \(text())", terminator: "")
    fflush(nil)
  }

  /// Prints a line of its own above the bar.
  func line(_ text: String) {
    guard !isQuiet else { return }
    clear()
    say(text)
  }

  /// Takes the bar off the terminal.
  func clear() {
    if isTerminal && lastDrawn > 0 { print("\r\u{1B}[K", terminator: "") }
  }

  private func say(_ text: String) {
    print(text)
    fflush(nil)
  }

  /// 3725 seconds as 1:02:05.
  static func clock(_ seconds: Double) -> String {
    guard seconds.isFinite else { return "?" }
    let s = Int(max(0, min(seconds, 1e9)).rounded())
    return s < 3600
      ? String(format: "%d:%02d", s / 60, s % 60)
      : String(format: "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60)
  }
}
