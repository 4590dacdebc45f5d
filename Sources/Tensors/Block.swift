/// A few consecutive rows of one example, which go through several operations while they are in the
/// cache.
struct Block {
  /// The most rows of a block.
  static let size = 128

  let rows: Range<Int>
  private let example: Range<Int>

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
  static func map<R>(of x: Tensor, _ body: ([Block]) -> R) -> [R] {
    let perExample = (x.positions + size - 1) / size
    let count = x.examples * perExample
    let shares = max(1, min(ThreadPool.threads, count))
    var results = [R?](repeating: nil, count: shares)
    results.withUnsafeMutableBufferPointer { results in
      ThreadPool.forEach(shares, grain: 1) {
        for share in $0 {
          let blocks = (count * share / shares..<count * (share + 1) / shares).map { index in
            let first = index / perExample * x.positions
            let start = first + index % perExample * size
            return Block(
              rows: start..<min(start + size, first + x.positions),
              example: first..<first + x.positions)
          }
          results[share] = body(blocks)
        }
      }
    }
    return results.compactMap { $0 }
  }
}
