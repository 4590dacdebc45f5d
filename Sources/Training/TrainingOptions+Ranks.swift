/// A batch in parts, shared out to ranks.
extension TrainingOptions {
  /// Takes batches in so many parts on each rank, or in those that they were taken in before, if
  /// that many can be shared out; else in the next more.
  public mutating func shareOut(to ranks: any Communicator, partsEach: Int? = nil) {
    guard ranks.size > 1 else { return }
    let before = ((accumulate ?? 1) + ranks.size - 1) / ranks.size
    accumulate = (partsEach ?? before) * ranks.size
  }

  /// As one of the ranks is told them: with its own number of parts.
  public func forOne(of ranks: any Communicator) -> TrainingOptions {
    guard ranks.size > 1, let accumulate, accumulate % ranks.size == 0 else { return self }
    var own = self
    own.accumulate = accumulate == ranks.size ? nil : accumulate / ranks.size
    return own
  }

  /// The parts of the batch that are a rank's, counted from its first example: of n parts in all,
  /// part k is [kB/n, (k+1)B/n), and each rank has as many. Those of no example are left out.
  func parts(of ranks: any Communicator) -> [Range<Int>] {
    let all = accumulate ?? 1
    precondition(all % ranks.size == 0, "\(all) parts are shared out to \(ranks.size) ranks")
    let (each, first) = (all / ranks.size, ranks.share(of: batch).lowerBound)
    return (ranks.rank * each..<(ranks.rank + 1) * each).compactMap { k in
      let part = k * batch / all - first..<(k + 1) * batch / all - first
      return part.isEmpty ? nil : part
    }
  }
}
