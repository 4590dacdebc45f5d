import Foundation
import Tensors

/// A figure, and the interval that it lies in with a probability of 95 %.
public struct Interval: Sendable {
  /// The figure, and the ends of the interval.
  public let value, low, high: Double

  init(_ value: Double, _ draws: [Double]) {
    let sorted = draws.sorted()
    self.value = value
    low = sorted.isEmpty ? value : sorted[Int(0.025 * Double(sorted.count))]
    high = sorted.isEmpty ? value : sorted[Int(0.975 * Double(sorted.count - 1))]
  }
}

/// How well scores tell one kind of file from good ones, with intervals by the bootstrap: files are
/// drawn again from both, as many as there are.
public struct RankingQuality: Sendable {
  /// The probability that one scores more than a good one, ties counted half.
  public let auroc: Interval
  /// The mean over the files of the kind, from the most surprising on, of the part of that kind
  /// among all that score as much or more.
  public let averagePrecision: Interval

  /// The scores of good files, and of those of a kind; none may be empty.
  public init(good: [Double], other: [Double], draws: Int = 1000, seed: UInt64 = 0) {
    precondition(!good.isEmpty && !other.isEmpty, "files of both kinds")
    let ranking = Ranking(good, other)
    let whole = ranking.figures(Array(repeating: 1, count: good.count + other.count))
    let drawn = ThreadPool.map(draws) { draw in
      var generator = RandomStream(seed: seed, .samples, draw).generator
      return ranking.figures(ranking.drawn(&generator))
    }
    auroc = Interval(whole.auroc, drawn.map(\.auroc))
    averagePrecision = Interval(whole.averagePrecision, drawn.map(\.averagePrecision))
  }

  /// The receiver operating characteristic: the part of good files, and of others, that score as
  /// much as each threshold, from (0, 0) to (1, 1).
  public static func characteristic(good: [Double], other: [Double]) -> (
    good: [Double], other: [Double]
  ) {
    let points = Ranking(good, other).counts
    let scaled = (
      points.map { $0.good / Double(max(1, good.count)) },
      points.map { $0.other / Double(max(1, other.count)) }
    )
    return ([0] + scaled.0, [0] + scaled.1)
  }

  /// The part of files that raise the alarm, with the interval of Wilson (1927).
  public static func rate(_ alarms: Int, of count: Int) -> Interval {
    let (n, p, z) = (Double(count), Double(alarms) / Double(count), 1.959964)
    let middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot() / (1 + z * z / n)
    return Interval(p, low: max(0, middle - half), high: min(1, middle + half))
  }
}

extension Interval {
  init(_ value: Double, low: Double, high: Double) {
    (self.value, self.low, self.high) = (value, low, high)
  }
}

/// Files in the order of their scores, from the most surprising on.
private struct Ranking {
  /// Whether each is a good one, in that order.
  private let isGood: [Bool]
  /// Where the good ones stand in it, and where the others.
  private let places: [[Int]]
  /// Where those of one score end.
  private let ends: [Int]

  init(_ good: [Double], _ other: [Double]) {
    let all = (good.map { ($0, true) } + other.map { ($0, false) }).sorted { $0.0 > $1.0 }
    let isGood = all.map(\.1)
    self.isGood = isGood
    places = [true, false].map { part in isGood.indices.filter { isGood[$0] == part } }
    ends = all.indices.filter { $0 + 1 == all.count || all[$0 + 1].0 != all[$0].0 }.map { $0 + 1 }
  }

  /// How often each is drawn where as many good ones and as many others are drawn again.
  func drawn(_ generator: inout some RandomNumberGenerator) -> [Double] {
    var weights = [Double](repeating: 0, count: isGood.count)
    for places in places {
      for _ in places { weights[places[Int.random(in: places.indices, using: &generator)]] += 1 }
    }
    return weights
  }

  /// How many score as much as each threshold.
  var counts: [(good: Double, other: Double)] {
    var (good, other, first) = (0.0, 0.0, 0)
    return ends.map { end in
      for i in first..<end {
        if isGood[i] { good += 1 } else { other += 1 }
      }
      first = end
      return (good, other)
    }
  }

  /// With a weight for each file.
  func figures(_ weights: [Double]) -> (auroc: Double, averagePrecision: Double) {
    var (seenGood, seenOther, above, precision, first) = (0.0, 0.0, 0.0, 0.0, 0)
    for end in ends {
      var (good, other) = (0.0, 0.0)
      for i in first..<end {
        if isGood[i] { good += weights[i] } else { other += weights[i] }
      }
      first = end
      // good files of a lower score count for those seen, of the same score half
      above += good * (seenOther + other / 2)
      seenGood += good
      seenOther += other
      if other > 0 { precision += other * seenOther / (seenOther + seenGood) }
    }
    return (above / (seenGood * seenOther), precision / seenOther)
  }
}
