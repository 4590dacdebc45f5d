/// A few consecutive rows of one example, which go through several operations while they are in the
/// cache.
struct Block {
  /// The most rows of a block.
  static let size = 128

  let rows: Range<Int>
  /// All rows of that example.
  let example: Range<Int>

  /// The rows of this block whose neighbours `shift` rows on lie in the same example, and those
  /// neighbours; nil if there are none.
  func overlap(_ shift: Int) -> (to: Range<Int>, from: Range<Int>)? {
    let first = max(rows.lowerBound, example.lowerBound - shift)
    let last = min(rows.upperBound, example.upperBound - shift)
    return first < last ? (first..<last, first + shift..<last + shift) : nil
  }

  /// Calls `body` once per thread, each time with a share of the tensor's blocks, in parallel, and
  /// returns what it returns, in the order of the blocks.
  @discardableResult
  static func map<R>(of x: Tensor, size: Int = size, _ body: ([Block]) -> R) -> [R] {
    let perExample = (x.positions + size - 1) / size
    return ThreadPool.apart(over: x.examples * perExample) { indices in
      body(
        indices.map { index in
          let first = index / perExample * x.positions
          let start = first + index % perExample * size
          return Block(
            rows: start..<min(start + size, first + x.positions),
            example: first..<first + x.positions)
        })
    }
  }

  /// As `map`, with ranges of the N·H lines of an image, which know no examples; none has more than
  /// `size` rows but where a line has.
  @discardableResult
  static func mapLines<R>(of x: Tensor, _ body: ([Range<Int>]) -> R) -> [R] {
    let lines = x.shape[0] * x.shape[1]
    let perThread = (lines + ThreadPool.threads - 1) / ThreadPool.threads
    let step = max(1, min(size / x.shape[2], perThread))
    return ThreadPool.apart(over: (lines + step - 1) / step) { indices in
      body(indices.map { $0 * step..<min(($0 + 1) * step, lines) })
    }
  }

  /// As `map`, with ranges of so many rows that know no examples, each of `cost` multiply-adds;
  /// where all of them are less than a wait is worth, on the thread that calls it.
  static func mapRows<R>(_ count: Int, cost: Int, _ body: ([Range<Int>]) -> R) -> [R] {
    let threads = max(1, min(ThreadPool.threads, count * cost >> 18))
    let step = max(1, min(size, (count + threads - 1) / threads))
    return ThreadPool.apart(over: (count + step - 1) / step, among: threads) { indices in
      body(indices.map { $0 * step..<min(($0 + 1) * step, count) })
    }
  }
}
