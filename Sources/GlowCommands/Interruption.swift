import Foundation
import Synchronization

/// Whether somebody asked the process to end. The first Ctrl-C lets the run save; the second ends
/// it at once.
///
/// The signals go to a thread of their own, and all others have them blocked: kernels of oneDNN
/// keep numbers further below the end of their stack than the system spares when it runs a handler
/// there.
enum Interruption {
  private static let signal = Atomic<Int32>(0)
  private static let isWatched = Atomic(false)

  /// Ctrl-C, and what a system sends before it shuts down.
  private static let stopping = [SIGINT, SIGTERM]

  /// Takes the signals from now on. Must be called before there is another thread, which would not
  /// have them blocked; until somebody watches, they do what they would have done.
  static func begin() {
    mask(SIG_BLOCK)
    Thread.detachNewThread {
      while true {
        var number: Int32 = 0
        var signals = set
        guard sigwait(&signals, &number) == 0 else { continue }
        if !isWatched.load(ordering: .relaxed) {
          mask(SIG_UNBLOCK)
          raise(number)
        }
        let (isFirst, _) = signal.compareExchange(
          expected: 0, desired: number, ordering: .relaxed)
        if !isFirst { _exit(128 + number) }
      }
    }
  }

  private static func mask(_ how: some BinaryInteger) {
    var signals = set
    pthread_sigmask(Int32(how), &signals, nil)
  }

  private static var set: sigset_t {
    var signals = sigset_t()
    sigemptyset(&signals)
    for number in stopping { sigaddset(&signals, number) }
    return signals
  }

  static func watch() {
    // a closed pipe or a file too large is an error where it happens, not the end of the run
    for number in [SIGPIPE, SIGXFSZ] { Foundation.signal(number, SIG_IGN) }
    // whoever started the process may have had them ignored, and then none would arrive
    for number in stopping { Foundation.signal(number, SIG_DFL) }
    isWatched.store(true, ordering: .relaxed)
  }

  /// The exit status that the signal asks for, 130 for Ctrl-C; nil if there was none.
  static var status: Int32? {
    let number = signal.load(ordering: .relaxed)
    return number == 0 ? nil : 128 + number
  }
}
