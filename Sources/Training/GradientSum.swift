import Foundation
import Models
import Tensors

/// The gradient of a batch that is taken in parts, here one after the other and elsewhere at the
/// same time: each part's clean gradient, added in the order of the parts.
///
///     (((part 0 + part 1) + part 2) + …) + part n−1
///
/// A product that is added to what a gradient holds may be rounded in another place than one that
/// is added to zero, so parts are never added by the products themselves. Ranks after the first
/// keep each of their parts until what is before them has come.
final class GradientSum {
  /// Numbers that travel together: 4 MB of them, of a small model less, so that some can go ahead.
  private let bucketSize: Int

  private let ranks: any Communicator
  /// What is trained, in the order in which backward leaves it, and where each begins in a flat
  /// copy of all.
  private let parameters: [(parameter: Parameter, start: Int)]
  private let count: Int
  /// This rank's parts; on rank 0, which is before all others, their running sum alone.
  private let parts: [UnsafeMutableBufferPointer<Float>]
  private let news: UnsafeMutableBufferPointer<Double>
  private let chain: SumChain?
  private let buckets: Int

  /// Where a step stands: the part, how many of the trained numbers backward has left in it, of how
  /// many parameters they were taken, and how many buckets are on their way.
  private var (part, left, taken, filled) = (0, 0, 0, 0)

  /// A sum of a model's gradients over `parts` parts of this rank and those of all others; so many
  /// numbers of news travel behind each.
  init(_ model: some Model, over ranks: any Communicator, parts: Int, news count: Int) {
    var trained: [Parameter] = []
    model.visitParameters { if $1.isTrained { trained.append($1) } }
    var placed: [(Parameter, Int)] = []
    var total = 0
    for parameter in trained.reversed() {
      placed.append((parameter, total))
      total += parameter.count
    }
    (self.ranks, parameters, self.count) = (ranks, placed, total)
    let kept = (0..<(ranks.rank == 0 ? 1 : parts)).map { _ in
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

  /// A step begins, whose gradients are zero.
  func begin() {
    (part, left, taken, filled) = (0, 0, 0, 0)
    isWhole = false
  }

  /// A part that is not this rank's last has gone through the model.
  func endPart() {
    while taken < parameters.count { takeNext() }
    (part, left, taken) = (part + 1, 0, 0)
  }

  /// Backward of this rank's last part has left a parameter; those of one layer at once, so that
  /// their order among themselves does not matter.
  func leave(_ parameter: Parameter) {
    guard parameter.isTrained else { return }
    left += parameter.count
    while taken < parameters.count,
      parameters[taken].start + parameters[taken].parameter.count <= left
    {
      takeNext()
    }
    let whole = taken < parameters.count ? parameters[taken].start : count
    while filled < buckets, min(count, (filled + 1) * bucketSize) <= whole {
      chain?.fill()
      filled += 1
    }
  }

  /// Moves the next parameter's gradient to the part, and sets it to zero.
  private func takeNext() {
    let (parameter, start) = parameters[taken]
    let isSum = parts.count == 1 && part > 0
    let buffer = UnsafeMutableBufferPointer(
      rebasing: parts[isSum ? 0 : part][start..<start + parameter.count])
    if isSum { parameter.addGradient(to: buffer) } else { parameter.copyGradient(to: buffer) }
    parameter.clearGradient()
    taken += 1
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
    precondition(filled == buckets, "backward left every parameter")
    var next = 0
    for bucket in 0..<buckets {
      try chain?.takeTotal()
      let whole = min(count, (bucket + 1) * bucketSize)
      while next < parameters.count {
        let (parameter, start) = parameters[next]
        guard start + parameter.count <= whole else { break }
        parameter.setGradient(
          to: UnsafeMutableBufferPointer(rebasing: parts[0][start..<start + parameter.count]))
        next += 1
      }
    }
  }
}
