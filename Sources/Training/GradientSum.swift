import Foundation
import Models
import Tensors

/// The gradient of a batch that is taken in parts, one after the other, on other threads or on
/// other machines: each part's clean gradient, added in the order of the parts.
///
///     (((part 0 + part 1) + part 2) + …) + part n−1
///
/// A product that is added to what a gradient holds may be rounded in another place than one that
/// is added to zero, so parts are never added by the products themselves. Parts go through the
/// model and its twins in rounds, as many at once as there are of these. Ranks after the first keep
/// each of their parts until what is before them has come.
final class GradientSum {
  /// A model, and how far backward has come in a round's part that goes through it.
  private final class Hand {
    let model: Glow
    /// What is trained of it, in the order in which backward leaves it.
    let parameters: [Parameter]
    /// How many of the numbers backward has left, and of how many parameters they are whole.
    var (left, whole) = (0, 0)

    init(_ model: Glow) {
      self.model = model
      var trained: [Parameter] = []
      model.visitParameters { if $1.isTrained { trained.append($1) } }
      parameters = trained.reversed()
    }
  }

  /// The model's, and those of its twins, which are made with the first step.
  private var hands: [Hand]
  private let isApart: Bool
  private let atOnce: Int

  /// Numbers that travel together: 4 MB of them, of a small model less, so that some can go ahead.
  private let bucketSize: Int
  /// Numbers whose sum is worth a thread of its own.
  private static let grain = 1 << 15

  private let ranks: any Communicator
  /// Where each trained parameter begins in a flat copy of all.
  private let starts: [Int]
  private let count: Int
  /// This rank's parts; on rank 0, which is before all others, their running sum alone, and nothing
  /// where that can be made in the gradients of the model.
  private let parts: [UnsafeMutableBufferPointer<Float>]
  private let news: UnsafeMutableBufferPointer<Double>
  private let chain: SumChain?
  private let buckets: Int

  /// Where a step stands: the parts of the round, of how many parameters all of them have left the
  /// numbers, and how many buckets are on their way.
  private var (round, taken, filled) = (0..<0, 0, 0)
  /// For the last round, in which parts leave their numbers at the same time.
  private let lock = NSLock()

  /// A sum of a model's gradients over `parts` parts of this rank, where they are `apart` as many of
  /// them at once as there are threads, and those of all other ranks; so many numbers of news
  /// travel behind each.
  init(
    _ model: Glow, over ranks: any Communicator, parts: Int, apart: Bool, news count: Int
  ) {
    let first = Hand(model)
    (hands, isApart) = ([first], apart)
    atOnce = apart ? min(parts, ThreadPool.threads) : 1
    starts = first.parameters.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    let total = starts[starts.count - 1]
    (self.ranks, self.count) = (ranks, total)
    let isInPlace = ranks.size == 1 && parts <= atOnce
    let kept = (0..<(isInPlace ? 0 : ranks.rank == 0 ? 1 : parts)).map { _ in
      UnsafeMutableBufferPointer<Float>.allocate(capacity: total)
    }
    for part in kept { part.initialize(repeating: 0) }
    let news = UnsafeMutableBufferPointer<Double>.allocate(capacity: count)
    news.initialize(repeating: 0)
    (self.parts, self.news) = (kept, news)
    let size = min(1 << 20, max(1 << 10, total / 8))
    bucketSize = size
    let starts = Array(stride(from: 0, to: total, by: size))
    buckets = starts.count
    guard ranks.size > 1 else {
      chain = nil
      return
    }
    let floats = starts.map { start in
      let range = start..<min(total, start + size)
      return SumChain.Bucket(
        parts: kept.map { UnsafeMutableRawBufferPointer(.init(rebasing: $0[range])) },
        add: Self.add(Float.self))
    }
    let last = SumChain.Bucket(
      parts: [UnsafeMutableRawBufferPointer(news)], add: Self.add(Double.self))
    chain = SumChain(floats + [last], over: ranks)
    chain?.begin()
  }

  deinit {
    chain?.end()
    // the threads of a run that failed may still be at it
    guard chain == nil || isWhole else { return }
    for part in parts { part.deallocate() }
    news.deallocate()
  }

  private var isWhole = true

  private static func add<Number: FloatingPoint>(_ type: Number.Type)
    -> (UnsafeMutableRawBufferPointer, UnsafeRawBufferPointer) -> Void
  {
    { sum, own in
      let (sum, own) = (sum.bindMemory(to: type), own.bindMemory(to: type))
      for i in sum.indices { sum[i] += own[i] }
    }
  }

  // MARK: A step

  /// Takes `parts` parts of a step through the models: `body` is called with the number of each and
  /// the model that is to add its gradients, and what backward is to tell of each parameter that it
  /// leaves, the last layer's first. `finish` then has the sum.
  func take<R>(
    _ parts: Int, _ body: (Int, Glow, ((Parameter) -> Void)?) -> R
  ) -> [R] {
    let model = hands[0].model
    while hands.count < atOnce { hands.append(Hand(model.twin())) }
    for hand in hands { hand.model.precision = model.precision }
    (taken, filled, isWhole) = (0, 0, false)
    var results: [R] = []
    while results.count < parts {
      round = results.count..<min(parts, results.count + hands.count)
      let own = hands[..<round.count]
      for hand in own { (hand.left, hand.whole) = (0, 0) }
      // what this rank has done can go ahead while it does the rest
      let tells = chain != nil && round.upperBound == parts
      func take(_ i: Int) -> R {
        body(round.lowerBound + i, own[i].model, tells ? { self.leave($0, of: i) } : nil)
      }
      results += isApart ? ThreadPool.apart(round.count, take) : [take(0)]
      if !tells { move(0..<count) }
    }
    return results
  }

  /// Backward of one model has left a parameter in this rank's last round; those of one layer at
  /// once, so that their order among themselves does not matter. What all have left goes ahead.
  private func leave(_ parameter: Parameter, of index: Int) {
    guard parameter.isTrained else { return }
    let hand = hands[index]
    hand.left += parameter.count
    var whole = hand.whole
    while whole < starts.count - 1, starts[whole + 1] <= hand.left { whole += 1 }
    // to a place of its own, if it has one
    if ranks.rank > 0 { move(starts[hand.whole]..<starts[whole], of: index..<index + 1) }
    lock.withLock {
      hand.whole = whole
      let all = hands[..<round.count].map(\.whole).min() ?? 0
      if ranks.rank == 0 { move(starts[taken]..<starts[all]) }
      taken = all
      while filled < buckets, min(count, (filled + 1) * bucketSize) <= starts[taken] {
        chain?.fill()
        filled += 1
      }
    }
  }

  /// Moves the gradients of a round's parts, or of some of them, to where they are kept, or adds
  /// them there, in their order, and sets them to zero.
  private func move(_ range: Range<Int>, of some: Range<Int>? = nil) {
    let isSum = ranks.rank == 0
    forEach(range) { [self] index, own, flat in
      let gradients = hands.map { $0.parameters[index].gradientNumbers(own) }
      for i in some ?? 0..<round.count {
        let part = round.lowerBound + i
        guard !parts.isEmpty else {
          if i > 0 { gradients[0].add(clearing: gradients[i]) }
          continue
        }
        let place = UnsafeMutableBufferPointer(rebasing: parts[isSum ? 0 : part][flat])
        if isSum && part > 0 {
          place.add(clearing: gradients[i])
        } else {
          place.move(clearing: gradients[i])
        }
      }
    }
  }

  /// Calls `body` in parallel with the parameters that lie in a range of the flat copy: their
  /// number, which of their numbers do, and where.
  private func forEach(_ range: Range<Int>, _ body: (Int, Range<Int>, Range<Int>) -> Void) {
    ThreadPool.forEach(range.count, grain: Self.grain) { share in
      var (at, end) = (range.lowerBound + share.lowerBound, range.lowerBound + share.upperBound)
      var index = (starts.firstIndex { $0 > at } ?? 1) - 1
      while at < end {
        let next = min(end, starts[index + 1])
        body(index, at - starts[index]..<next - starts[index], at..<next)
        (at, index) = (next, index + 1)
      }
    }
  }

  /// The step's end: the totals are in the gradients, and the sums of the news in `news`. Returns
  /// seconds that were waited, and bytes that went over the net. Throws a `RankFailure`.
  func finish(_ news: inout StepNews) throws -> (waiting: Double, bytes: Int) {
    news.write(to: self.news)
    chain?.fill()
    let start = DispatchTime.now().uptimeNanoseconds
    try takeTotals()
    try chain?.takeTotal()
    news.read(self.news)
    isWhole = true
    let waited = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    let neighbours = ranks.size == 1 ? 0 : ranks.rank == 0 || ranks.rank == ranks.size - 1 ? 1 : 2
    return (waited, 2 * neighbours * (4 * count + 8 * self.news.count))
  }

  /// The totals, bucket by bucket, into the gradients.
  private func takeTotals() throws {
    guard let total = parts.first else { return }
    precondition(chain == nil || filled == buckets, "backward left every parameter")
    for start in stride(from: 0, to: count, by: bucketSize) {
      try chain?.takeTotal()
      forEach(start..<min(count, start + bucketSize)) { [self] index, own, flat in
        _ = hands[0].parameters[index].gradientNumbers(own).update(fromContentsOf: total[flat])
      }
    }
  }
}

extension UnsafeMutableBufferPointer<Float> {
  /// Takes numbers over, and sets them to zero.
  fileprivate func move(clearing other: UnsafeMutableBufferPointer<Float>) {
    precondition(count == other.count)
    for i in indices {
      self[i] = other[i]
      other[i] = 0
    }
  }

  /// Adds numbers to these, and sets them to zero.
  fileprivate func add(clearing other: UnsafeMutableBufferPointer<Float>) {
    precondition(count == other.count)
    for i in indices {
      self[i] += other[i]
      other[i] = 0
    }
  }
}
