import Foundation

/// Counts what one thread has done for another that waits for it.
final class Tally: @unchecked Sendable {
  // every access holds this one's lock
  private let condition = NSCondition()
  private var count = 0
  private var failure: (any Error)?

  /// One more is done.
  func add() {
    condition.withLock {
      count += 1
      condition.signal()
    }
  }

  /// Waits for one. Throws what `fail` said.
  func take() throws {
    try condition.withLock {
      while count == 0 {
        if let failure { throw failure }
        condition.wait()
      }
      count -= 1
    }
  }

  /// Waits for one, but not for longer than some seconds.
  func wait(_ seconds: Double) {
    let end = Date(timeIntervalSinceNow: seconds)
    condition.withLock { while count == 0, failure == nil, condition.wait(until: end) {} }
  }

  /// There will be no more.
  func fail(_ error: any Error) {
    condition.withLock {
      failure = failure ?? error
      condition.broadcast()
    }
  }
}
