import Synchronization

/// Lets a few wait, and sends the others away.
final class WaitingLine: Sendable {
  private let most: Int
  private let count = Atomic(0)

  init(most: Int) { self.most = most }

  /// What `body` gives. Throws `Refusal.tooMany` if too many wait already.
  func wait<T>(_ body: () async throws -> T) async throws -> T {
    defer { count.subtract(1, ordering: .relaxed) }
    guard count.add(1, ordering: .relaxed).newValue <= most else { throw Refusal.tooMany }
    return try await body()
  }
}
