import Foundation

/// Sums buckets over ranks, in the order of the ranks, while the buckets to come are computed.
///
///     up    rank 0 → 1 → … → p−1     each adds its own parts to what it received, in their order
///     down  rank p−1 → … → 1 → 0     the total
///
/// so that the sum is the one of a single process that adds all parts one after the other, in every
/// bit, whatever the network. A thread for each direction: a link carries both at once.
final class SumChain: @unchecked Sendable {  // who may touch a bucket is what the tallies say
  /// Where some numbers to be summed lie.
  struct Bucket {
    /// This rank's parts in their order; the total comes into the first.
    let parts: [UnsafeMutableRawBufferPointer]
    /// Adds the second to the first, as the numbers that they are.
    let add: (_ sum: UnsafeMutableRawBufferPointer, _ own: UnsafeRawBufferPointer) -> Void
  }

  private let ranks: any Communicator
  private let buckets: [Bucket]
  /// What has come from the rank before, of the bucket that is passed up.
  private let received: UnsafeMutableRawBufferPointer
  private let filled = Tally()
  private let due = Tally()
  private let summed = Tally()

  /// A chain whose buckets are filled in their order, again and again, a step each time.
  init(_ buckets: [Bucket], over ranks: any Communicator) {
    (self.ranks, self.buckets) = (ranks, buckets)
    received = .allocate(byteCount: buckets.map(\.parts[0].count).max() ?? 0, alignment: 64)
  }

  deinit { received.deallocate() }

  private struct Ended: Error {}

  /// Begins the threads. They hold the chain until `end`.
  func begin() {
    start("sums up") { try self.passUp() }
    start("sums down") { try self.passDown() }
  }

  /// Ends them, once no step is under way.
  func end() {
    filled.fail(Ended())
    due.fail(Ended())
  }

  /// The next bucket holds this rank's parts.
  func fill() { filled.add() }

  /// Waits for the next total. Throws a `RankFailure`.
  func takeTotal() throws { try summed.take() }

  private func start(_ name: String, _ pass: @escaping @Sendable () throws -> Void) {
    let thread = Thread {
      do {
        while true { try pass() }
      } catch {
        self.summed.fail(error)
      }
    }
    thread.name = name
    thread.start()
  }

  /// A step's buckets, upwards.
  private func passUp() throws {
    let (rank, last) = (ranks.rank, ranks.size - 1)
    for bucket in buckets {
      try filled.take()
      let own = bucket.parts[0]
      if rank == 0 {
        try ranks.send(UnsafeRawBufferPointer(own), to: 1, on: .up)
      } else {
        let sum = UnsafeMutableRawBufferPointer(rebasing: received[..<own.count])
        try ranks.receive(sum, from: rank - 1, on: .up)
        for part in bucket.parts { bucket.add(sum, UnsafeRawBufferPointer(part)) }
        if rank < last {
          try ranks.send(UnsafeRawBufferPointer(sum), to: rank + 1, on: .up)
        } else {
          own.copyMemory(from: UnsafeRawBufferPointer(sum))
        }
      }
      due.add()
    }
  }

  /// A step's totals, downwards.
  private func passDown() throws {
    let (rank, last) = (ranks.rank, ranks.size - 1)
    for bucket in buckets {
      try due.take()
      let total = bucket.parts[0]
      if rank < last { try ranks.receive(total, from: rank + 1, on: .down) }
      if rank > 0 { try ranks.send(UnsafeRawBufferPointer(total), to: rank - 1, on: .down) }
      summed.add()
    }
  }
}
