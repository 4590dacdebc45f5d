import Tensors

/// A batch in parts, shared out to ranks and to the threads of each.
extension TrainingOptions {
  /// Cuts a batch into so many rounds of parts on each rank: of one part for each thread, where that
  /// leaves none of them idle for long and their gradients, of so many parameters, fit into
  /// memory, else of one that all threads compute together. What it comes to depends on the parts,
  /// and not on who computes them.
  public mutating func cut(
    for ranks: any Communicator, threads: Int, rounds: Int = 1, parameters: Int,
    available: Int = TensorMemory.available
  ) {
    let examples = batch / ranks.size / rounds
    // a twin's gradient and weights ready for products; a rank's parts until its turn comes
    let kept = 6 * (threads - 1) + (ranks.size > 1 ? 4 * rounds * threads : 0)
    apart =
      ThreadPool.isWorthwhile(for: examples, among: threads)
      && kept * parameters <= available / 4
    let parts = ranks.size * rounds * (apart == true ? threads : 1)
    (accumulate, apart) = parts == 1 ? (nil, nil) : (parts, apart)
  }

  /// The parts that a run began with, if as many ranks as these can share them; else as many more
  /// as they can.
  public mutating func shareOut(to ranks: any Communicator) {
    let parts = ((accumulate ?? 1) + ranks.size - 1) / ranks.size * ranks.size
    accumulate = parts == 1 ? nil : parts
  }

  /// As one of the ranks is told them: with its own number of rounds.
  public func forOne(of ranks: any Communicator, threads: Int) -> TrainingOptions {
    let each = ranks.size * (apart == true ? threads : 1)
    var own = self
    let rounds = max(1, (accumulate ?? 1) / each)
    own.accumulate = rounds == 1 ? nil : rounds
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
