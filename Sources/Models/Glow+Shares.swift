import Tensors

extension Glow {
  /// What `body` makes of shares of so many examples, one a thread, each of which goes through the
  /// model alone, as in training; of all together where that would leave threads idle.
  package func inShares<R>(of examples: Int, _ body: (Range<Int>) -> R) -> [R] {
    guard ThreadPool.threads > 1, ThreadPool.isWorthwhile(for: examples) else {
      return [body(0..<examples)]
    }
    visitParameters { _ = $1.value }  // none is made by two threads
    return ThreadPool.apart(over: examples, body)
  }
}
