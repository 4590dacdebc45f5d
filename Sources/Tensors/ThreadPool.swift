import CKernels

/// The one set of worker threads, which oneDNN uses as well.
public enum ThreadPool {
  /// How many threads work together. A given number always gives the same bits; from one number to
  /// another oneDNN's products and the gradients of the nets may round differently.
  public static var threads: Int {
    get { Int(glow_threads()) }
    set { glow_set_threads(Int32(max(1, newValue))) }
  }

  /// Runs what is too little to wait for others, such as a product of small matrices, on the thread
  /// that calls it alone.
  static func alone<R>(_ body: () -> R) -> R {
    let before = threads
    glow_set_threads(1)
    defer { glow_set_threads(Int32(before)) }
    return body()
  }

  /// Calls `body` on consecutive ranges that together cover 0..<count, in parallel, none shorter
  /// than `grain`.
  package static func forEach(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { context in
        glow_parallel(
          count, grain,
          { context, begin, end in
            context?.assumingMemoryBound(to: ((Range<Int>) -> Void).self).pointee(begin..<end)
          }, UnsafeMutableRawPointer(mutating: context))
      }
    }
  }

  /// The results of `body` for 0..<count, in parallel, each worth a thread of its own.
  package static func map<T>(_ count: Int, _ body: (Int) -> T) -> [T] {
    [T](unsafeUninitializedCapacity: count) { values, initialized in
      nonisolated(unsafe) let values = values  // Each call has a place of its own.
      forEach(count, grain: 1) { for i in $0 { values.initializeElement(at: i, to: body(i)) } }
      initialized = count
    }
  }

  /// The results of `body` for 0..<count, at the same time, each from one thread that works alone
  /// from its beginning to its end: they wait for each other once.
  package static func apart<T>(_ count: Int, _ body: (Int) -> T) -> [T] {
    var results: [T] = []
    Profile.standingFor(min(threads, count)) { results = map(count) { i in alone { body(i) } } }
    return results
  }

  /// Whether so many like pieces leave no thread idle for long where each takes some of them apart.
  package static func isWorthwhile(for count: Int, among threads: Int = threads) -> Bool {
    let most = (count + threads - 1) / threads
    return count >= threads && Double(most * threads) <= 1.15 * Double(count)
  }

  /// As `apart`, for 0..<count in as many consecutive ranges as there are threads.
  package static func apart<T>(
    over count: Int, among threads: Int = threads, _ body: (Range<Int>) -> T
  ) -> [T] {
    let shares = max(1, min(threads, count))
    return apart(shares) { body(count * $0 / shares..<count * ($0 + 1) / shares) }
  }

  /// Rows of `width` elements that are worth a thread of their own.
  static func grain(_ width: Int) -> Int { max(1, 8192 / max(1, width)) }
}

/// Sums over rows, cut into pieces that depend on the number of rows alone: the result has the
/// same bits whatever the number of threads. `worth` is the number of elements that are worth a
/// wait.
enum Reduction {
  static func sum(
    rows: Int, columns: Int, worth: Int = 8192,
    _ body: (UnsafeMutablePointer<Double>, Range<Int>) -> Void
  ) -> [Double] {
    let pieces = max(1, min(16, rows / 64))
    var partial = [Double](repeating: 0, count: pieces * columns)
    Profile.measure("sums") {
      partial.withUnsafeMutableBufferPointer { partial in
        guard let base = partial.baseAddress else { return }
        let grain = max(1, worth / max(1, columns) * pieces / max(rows, 1))
        ThreadPool.forEach(pieces, grain: grain) {
          for piece in $0 {
            body(base + piece * columns, rows * piece / pieces..<rows * (piece + 1) / pieces)
          }
        }
      }
    }
    return (0..<columns).map { column in
      stride(from: column, to: pieces * columns, by: columns).reduce(0) { $0 + partial[$1] }
    }
  }
}
