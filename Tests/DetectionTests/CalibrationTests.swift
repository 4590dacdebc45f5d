import Foundation
import Media
import Models
import Tensors
import Testing
import Training

@testable import Detection

/// p-values and alarms, on numbers of which everything is known.
@Suite struct CalibrationTests {
  /// As of images, of which every number is known: `shift` moves the bits and the peak; `rows` a
  /// file.
  static func statistics(_ files: Int, seed: UInt64, shift: Double = 0, rows: Int = 1)
    -> Statistics
  {
    let n = RandomStream(seed: seed, .samples).normal([files * rows, 9]).elements.map { Double($0) }
    let values = (0..<files * rows).flatMap { i -> [Double] in
      let row = Array(n[9 * i..<9 * (i + 1)])
      let first = [3 + row[0] + shift, 2 + row[1], row[2], row[3], row[3] + row[4]]
      return first + [exp(row[5]), row[6], row[7], row[8] + shift]
    }
    return Statistics(
      names: Statistics.names(of: model()), values: values,
      items: (0..<files).map { "\($0).png" }, counts: Array(repeating: rows, count: files))
  }

  static func model(seed: UInt64 = 0, bits: Int = 8) -> Glow {
    var c = GlowConfiguration(height: 8, width: 8, channels: 1, levels: 1)
    c.bits = bits
    return Glow(c, seed: seed)
  }

  static var source: Calibration.Source { Calibration.Source(model(), path: "good") }

  /// Good files raise the alarm as often as it says, by every score, of one row a file and of
  /// several.
  @Test(arguments: Score.allCases, [1, 3]) func alarmsAreNominal(_ score: Score, _ rows: Int)
    throws
  {
    var alarms = [0.1: 0, 0.01: 0]
    for seed in 0..<12 as Range<UInt64> {
      let known = try Calibration(
        Self.statistics(500, seed: 2 * seed, rows: rows), Self.source)
      let tested = Self.statistics(1000, seed: 2 * seed + 1, rows: rows)
      for alarm in alarms.keys {
        alarms[alarm, default: 0] +=
          Detection(tested, by: known, score: score, alarm: alarm).alarms
      }
    }
    for (alarm, count) in alarms {
      // of 12,000 files, and of the 6,000 that the thresholds are made of
      let error = (alarm * (1 - alarm) * (1 / 12_000.0 + 1 / 6000.0)).squareRoot()
      #expect(abs(Double(count) / 12_000 - alarm) < 3.5 * error, "\(score) at \(alarm)")
    }
  }

  /// One known-good file that is far out hides no others.
  @Test func standsOutliers() throws {
    for value in [1e5, 1e17, 1e200] {
      let good = Self.statistics(200, seed: 1)
      var values = good.values
      for column in 0..<9 { values[9 * 7 + column] = value }
      let spoilt = Statistics(names: good.names, values: values, items: good.items)
      let known = try Calibration(spoilt, Self.source)
      #expect(known.farOut == ["7.png"])
      let moved = Detection(Self.statistics(50, seed: 4, shift: 9), by: known, alarm: 0.02)
      #expect(moved.alarms == 50, "\(value)")
    }
    #expect(try Calibration(Self.statistics(200, seed: 1), Self.source).farOut.isEmpty)
  }

  @Test func ranks() throws {
    let known = try Calibration(Self.statistics(99, seed: 3), Self.source)
    let scores = known.known(.size)
    #expect(known.p(scores[98].nextUp, .size) == 0.01 && known.p(scores[98], .size) == 0.02)
    #expect(known.p(scores[0], .size) == 1 && known.p(.infinity, .size) == 0.01)
    for alarm in [0.01, 0.05, 0.5] {
      let threshold = known.threshold(.size, alarm: alarm)
      #expect(known.p(threshold, .size) <= alarm && known.p(threshold.nextDown, .size) > alarm)
    }
    #expect(known.threshold(.size, alarm: 0.009) == .infinity)
    #expect(known.allows(alarm: 0.0102) && !known.allows(alarm: 0.01))
    let moved = Detection(Self.statistics(50, seed: 4, shift: 9), by: known, alarm: 0.05)
    #expect(moved.alarms == 50 && moved.ranked[0].score == moved.findings.map(\.score).max())
    // either way, and only one way
    let less = Self.statistics(50, seed: 4, shift: -9)
    #expect(Detection(less, by: known, score: .typicality, alarm: 0.05).alarms == 50)
    #expect(Detection(less, by: known, score: .bits, alarm: 0.05).alarms == 0)
    #expect(Detection(less, by: known, score: .complexity, alarm: 0.05).alarms == 0)
  }

  @Test func groups() throws {
    let known = try Calibration(Self.statistics(200, seed: 5), Self.source)
    let alike = (0..<40).map {
      GroupTest(Self.statistics(12, seed: 100 + $0), by: known, draws: 199).p
    }
    #expect(alike.count { $0 <= 0.25 } < 22 && alike.count { $0 > 0.5 } > 8, "\(alike)")
    // too little to be seen in one file
    let moved = Self.statistics(40, seed: 6, shift: 0.8)
    #expect(GroupTest(moved, by: known, draws: 999).p < 0.01)
    #expect(GroupTest(moved, by: known, score: .bits, draws: 999).p < 0.01)
    #expect(GroupTest(moved, by: known, score: .complexity, draws: 999).p < 0.01)
    // what has no number is the farthest
    var values = moved.values
    values[0] = .infinity
    values[10] = .nan
    let wild = Statistics(names: moved.names, values: values, items: moved.items)
    #expect(GroupTest(wild, by: known, draws: 999).p < 0.01)
  }

  @Test func onFile() throws {
    let path = NSTemporaryDirectory() + "calibration-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let statistics = Self.statistics(30, seed: 7, rows: 2)
    try Calibration(statistics, Self.source).write(to: path)
    let read = try Calibration(reading: path, for: Self.model())
    #expect(read.statistics.values == statistics.values && read.source == Self.source)
    #expect(read.known(.combined) == (try Calibration(statistics, Self.source)).known(.combined))
    #expect(throws: FileError.self) { try Calibration(Self.statistics(19, seed: 1), Self.source) }

    func error(_ model: any Model) -> String {
      do {
        _ = try Calibration(reading: path, for: model)
        return ""
      } catch { return "\(error)" }
    }
    #expect(error(Self.model(seed: 9)).contains("another model"))
    #expect(error(Self.model(bits: 5)).contains("of 8 bits, and this one is of 5"))
    // columns and places that the model has not
    var (names, source) = (statistics.names, Self.source)
    names.swapAt(3, 4)
    let turned = Statistics(
      names: names, values: statistics.values, items: statistics.items, counts: statistics.counts)
    try Calibration(turned, source).write(to: path)
    #expect(error(Self.model()).contains("do not fit the model"))
    for (tile, span) in [([8], nil), ([8, 8, 8], nil), (nil, [3]), (nil, [3, 2])]
      as [([Int]?, [Int]?)]
    {
      (source.tile, source.span) = (tile, span)
      try Calibration(statistics, source).write(to: path)
      #expect(error(Self.model()).contains("do not fit the model"))
    }
  }

  @Test func quality() {
    let (good, other) = ([1.0, 2, 2, 3, 5], [2.0, 4, 5, 6])
    let quality = RankingQuality(good: good, other: other, draws: 50)
    var pairs = 0.0
    for a in good { for b in other { pairs += b > a ? 1 : b == a ? 0.5 : 0 } }
    #expect(abs(quality.auroc.value - pairs / 20) < 1e-12)
    // ranked 6, 5 (with a good 5), 4, 3, 2 (with two good): precisions 1, 2/3, 3/4, 4/8
    #expect(abs(quality.averagePrecision.value - (1 + 2 / 3.0 + 3 / 4.0 + 4 / 8.0) / 4) < 1e-12)
    #expect(quality.auroc.low <= quality.auroc.value && quality.auroc.value <= quality.auroc.high)
    let perfect = RankingQuality(good: [1, 2], other: [3, 4], draws: 50)
    #expect(perfect.auroc.value == 1 && perfect.averagePrecision.value == 1)
    let rate = RankingQuality.rate(10, of: 100)
    #expect(abs(rate.low - 0.0552) < 1e-3 && abs(rate.high - 0.1744) < 1e-3, "Wilson's interval")
    let points = RankingQuality.characteristic(good: good, other: other)
    #expect(points.good == [0, 0, 0.2, 0.2, 0.4, 0.8, 1] && points.other[2] == 0.5)
  }
}
