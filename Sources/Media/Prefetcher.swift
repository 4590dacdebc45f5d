import Foundation

/// Makes elements on a thread of its own, a few ahead of whoever takes them.
///
///     let batches = Prefetcher(start: step) { try batch($0) }
///     let first = try batches.next()    // batch(step), then batch(step + 1), …
///
/// The elements come in order and each exactly once, so they do not depend on the timing.
public final class Prefetcher<Element: Sendable>: Sendable {
  private let queue: Queue<Element>

  /// Starts to make `make(start)`, `make(start + 1)`, …, at most `depth` ahead.
  ///
  /// An error that `make` throws ends the making; `next` throws it when its turn has come.
  public init(
    start: Int, depth: Int = 4, make: @escaping @Sendable (Int) throws -> Element
  ) {
    precondition(depth > 0, "at least one element is made ahead")
    let queue = Queue<Element>(depth: depth)
    self.queue = queue
    // The thread holds the queue and not the prefetcher, whose deinit can so end it.
    let thread = Thread {
      var index = start
      while queue.waitForRoom() {
        let element = Result { try make(index) }
        queue.put(element)
        if case .failure = element { return }
        index += 1
      }
    }
    thread.name = "prefetch"
    thread.start()
  }

  deinit { stop() }

  /// The next element; waits only if none is ready.
  ///
  /// Throws what `make` threw, every time from then on, or a `CancellationError` after `stop`.
  public func next() throws -> Element { try queue.take().get() }

  /// Ends the thread, after the element that it is making, and drops those made ahead.
  public func stop() { queue.stop() }
}

/// A bounded queue between two threads.
private final class Queue<Element: Sendable>: @unchecked Sendable {
  // Synchronization has no condition variable; every access below holds this one's lock.
  private let condition = NSCondition()
  private let depth: Int
  private var elements: [Result<Element, any Error>] = []
  private var isStopped = false

  init(depth: Int) { self.depth = depth }

  /// False once stopped.
  func waitForRoom() -> Bool {
    condition.withLock {
      while elements.count >= depth && !isStopped { condition.wait() }
      return !isStopped
    }
  }

  func put(_ element: Result<Element, any Error>) {
    condition.withLock {
      if !isStopped { elements.append(element) }
      condition.broadcast()
    }
  }

  func take() -> Result<Element, any Error> {
    condition.withLock {
      while elements.isEmpty && !isStopped { condition.wait() }
      guard let first = elements.first else { return .failure(CancellationError()) }
      // An error is the last element and stays, so that every later call sees it.
      if case .success = first { elements.removeFirst() }
      condition.broadcast()
      return first
    }
  }

  func stop() {
    condition.withLock {
      isStopped = true
      elements = []
      condition.broadcast()
    }
  }
}
