import Foundation
import Tensors

/// A figure, and the interval that it lies in with a probability of 95 %.
public struct Interval: Sendable {
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
  /// The mean over the files of the kind, from the most surprising on, of the part of that kind among
  /// all that score as much or more.
  public let averagePrecision: Interval

  /// The scores of good files, and of those of a kind; none may be empty.
  public init(good: [Double], other: [Double], draws: Int = 1000, seed: UInt64 = 0) {
    precondition(!good.isEmpty && !other.isEmpty, "files of both kinds")
    let ranking = Ranking(good, other)
    let ones = (
      [Double](repeating: 1, count: good.count), [Double](repeating: 1, count: other.count)
    )
    let whole = ranking.figures(ones.0, ones.1)
    var generator = RandomStream(seed: seed, .samples).generator
    let drawn = (0..<draws).map { _ in
      ranking.figures(
        Self.weights(good.count, &generator), Self.weights(other.count, &generator))
    }
    auroc = Interval(whole.auroc, drawn.map(\.auroc))
    averagePrecision = Interval(whole.averagePrecision, drawn.map(\.averagePrecision))
  }

  /// The receiver operating characteristic: the part of good files, and of others, that score as much
  /// as each threshold, from (0, 0) to (1, 1).
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

  /// How often each of so many is drawn.
  private static func weights(
    _ count: Int, _ generator: inout some RandomNumberGenerator
  ) -> [Double] {
    var weights = [Double](repeating: 0, count: count)
    for _ in 0..<count { weights[Int.random(in: 0..<count, using: &generator)] += 1 }
    return weights
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

/// Files in the order of their scores, from the most surprising on, those of one score together.
private struct Ranking {
  /// Each with its place in its list.
  private let groups: [[(isGood: Bool, index: Int)]]

  init(_ good: [Double], _ other: [Double]) {
    let all =
      good.enumerated().map { (score: $1, isGood: true, index: $0) }
      + other.enumerated().map { (score: $1, isGood: false, index: $0) }
    var (groups, last) = ([[(isGood: Bool, index: Int)]](), Double.nan)
    for one in all.sorted(by: { $0.score > $1.score }) {
      if one.score != last { groups.append([]) }
      last = one.score
      groups[groups.count - 1].append((one.isGood, one.index))
    }
    self.groups = groups
  }

  /// How many score as much as each threshold.
  var counts: [(good: Double, other: Double)] {
    var (good, other) = (0.0, 0.0)
    return groups.map { group in
      good += Double(group.count { $0.isGood })
      other += Double(group.count { !$0.isGood })
      return (good, other)
    }
  }

  /// With a weight for each file.
  func figures(_ good: [Double], _ other: [Double]) -> (auroc: Double, averagePrecision: Double) {
    var (seenGood, seenOther, above, precision) = (0.0, 0.0, 0.0, 0.0)
    for group in groups {
      var (ownGood, ownOther) = (0.0, 0.0)
      for file in group {
        if file.isGood { ownGood += good[file.index] } else { ownOther += other[file.index] }
      }
      // good files of a lower score count for those seen, of the same score half
      above += ownGood * (seenOther + ownOther / 2)
      seenGood += ownGood
      seenOther += ownOther
      if ownOther > 0 { precision += ownOther * seenOther / (seenOther + seenGood) }
    }
    return (above / (seenGood * seenOther), precision / seenOther)
  }
}
