import Foundation

/// Whether somebody asked the process to end. The first Ctrl-C lets the run save; the second ends it
/// at once.
enum Interruption {
  // Written by a signal handler, which may do nothing more.
  nonisolated(unsafe) private static var signal: sig_atomic_t = 0

  /// Ctrl-C, and what a system sends before it shuts down.
  private static let stopping = [SIGINT, SIGTERM]

  static func watch() {
    // a closed pipe or a file too large is an error where it happens, not the end of the run
    for number in [SIGPIPE, SIGXFSZ] { Foundation.signal(number, SIG_IGN) }
    for number in stopping {
      Foundation.signal(number) { number in
        if Interruption.signal != 0 { _exit(128 + number) }
        Interruption.signal = sig_atomic_t(number)
      }
    }
    // Whoever started the process may have had them blocked.
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in stopping { sigaddset(&signals, number) }
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// The exit status that the signal asks for, 130 for Ctrl-C; nil if there was none.
  static var status: Int32? { signal == 0 ? nil : 128 + Int32(signal) }
}
