import Tensors

/// Examples as a function of their place in a run: each epoch goes through the set once, in an
/// order of its own, so that a resumed run sees what an uninterrupted one would have seen.
struct EpochOrder {
  let count: Int
  let seed: UInt64
  private var epoch = -1
  private var order: [Int] = []

  init(count: Int, seed: UInt64) { (self.count, self.seed) = (count, seed) }

  /// The examples of step `iteration`, counted from 0.
  mutating func batch(_ iteration: Int, of size: Int) -> [Int] {
    (iteration * size..<(iteration + 1) * size).map { example(at: $0) }
  }

  /// The example at a place, counted from the run's beginning.
  mutating func example(at position: Int) -> Int {
    if position / count != epoch {
      epoch = position / count
      order = RandomStream(seed: seed, .order, epoch).permutation(count)
    }
    return order[position % count]
  }
}
