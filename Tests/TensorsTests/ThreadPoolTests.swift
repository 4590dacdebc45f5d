import Testing

@testable import Tensors

@Suite(.serialized) struct ThreadPoolTests {
  /// Pieces at once, fewer than threads or more, are each done alone, and in their order.
  @Test(arguments: [(1, 2), (2, 2), (5, 2), (2, 4)])
  func piecesApart(_ count: Int, _ threads: Int) {
    let before = ThreadPool.threads
    defer { ThreadPool.threads = before }
    ThreadPool.threads = threads
    for _ in 0..<50 {
      #expect(ThreadPool.apart(count) { [$0, ThreadPool.threads] } == (0..<count).map { [$0, 1] })
      #expect(ThreadPool.threads == threads)
    }
  }

  /// Products of one kind on several threads at once are each its own.
  @Test func productsApart() {
    let before = ThreadPool.threads
    defer { ThreadPool.threads = before }
    ThreadPool.threads = 4
    let pairs = (0..<4).map { i in
      let random = RandomStream(seed: UInt64(i), .noise)
      return (
        random.uniform([40, 64]).converted(to: .bfloat16),
        random.uniform([64, 48]).converted(to: .bfloat16)
      )
    }
    let alone = pairs.map { pair in ThreadPool.alone { Tensor.product(pair.0, pair.1).elements } }
    for _ in 0..<20 {
      #expect(ThreadPool.apart(4) { Tensor.product(pairs[$0].0, pairs[$0].1).elements } == alone)
    }
  }
}
