import Foundation
import Media
import Synchronization
import Testing

@Suite struct PrefetcherTests {
  private struct Failure: Error {}

  private final class Counter: Sendable {
    let value = Mutex(0)
    func add() { value.withLock { $0 += 1 } }
    var count: Int { value.withLock { $0 } }
  }

  @Test func comesInOrder() throws {
    let prefetcher = Prefetcher(start: 5, depth: 3) { $0 * 10 }
    for i in 5..<500 { #expect(try prefetcher.next() == i * 10) }
  }

  @Test func keepsToItsDepth() throws {
    let made = Counter()
    let prefetcher = Prefetcher(start: 0, depth: 3) { index in
      made.add()
      return index
    }
    for taken in 0..<3 {
      // Up to the depth soon, and no further even after a while.
      for _ in 0..<500 where made.count < taken + 3 { Thread.sleep(forTimeInterval: 0.01) }
      Thread.sleep(forTimeInterval: 0.05)
      #expect(made.count == taken + 3)
      #expect(try prefetcher.next() == taken)
    }
  }

  @Test func anErrorComesInItsTurnAndStays() throws {
    let prefetcher = Prefetcher(start: 0) { index in
      if index == 2 { throw Failure() }
      return index
    }
    Thread.sleep(forTimeInterval: 0.05)
    #expect(try prefetcher.next() == 0)
    #expect(try prefetcher.next() == 1)
    for _ in 0..<2 { #expect(throws: Failure.self) { try prefetcher.next() } }
  }

  /// What `make` captures is released only when the thread has ended.
  @Test(arguments: [false, true]) func endsItsThread(byStop: Bool) throws {
    weak var captured: Counter?
    var prefetcher: Prefetcher<Int>?
    do {
      let counter = Counter()
      captured = counter
      prefetcher = Prefetcher(start: 0) { index in
        counter.add()
        return index
      }
    }
    #expect(try prefetcher?.next() == 0)
    if byStop {
      prefetcher?.stop()
      #expect(throws: CancellationError.self) { try prefetcher?.next() }
    } else {
      prefetcher = nil
    }
    for _ in 0..<200 where captured != nil { Thread.sleep(forTimeInterval: 0.01) }
    #expect(captured == nil)
  }

  @Test func stopWakesWhoeverWaits() throws {
    let gate = DispatchSemaphore(value: 0)
    let prefetcher = Prefetcher(start: 0) { index in
      gate.wait()
      return index
    }
    let woken = DispatchSemaphore(value: 0)
    Thread {
      if (try? prefetcher.next()) == nil { woken.signal() }
    }.start()
    Thread.sleep(forTimeInterval: 0.05)
    prefetcher.stop()
    #expect(woken.wait(timeout: .now() + 5) == .success)
    gate.signal()
  }
}
