import Foundation
import Media
import Models
import Tensors
import Testing
import Training

@testable import Detection

/// p-values and alarms, on numbers of which everything is known.
@Suite struct CalibrationTests {
  /// As of images: bits, size and fit, and four numbers that hang together; `rows` a file.
  static func statistics(_ files: Int, seed: UInt64, shift: Double = 0, rows: Int = 1) -> Statistics
  {
    let n = RandomStream(seed: seed, .samples).normal([files * rows, 7]).elements.map { Double($0) }
    let values = (0..<files * rows).flatMap { i -> [Double] in
      let row = n[7 * i..<7 * (i + 1)].map { $0 }
      return [
        3 + row[0] + shift, 2 + row[1], row[2], row[3], row[3] + row[4], row[5], row[6] + shift,
      ]
    }
    return Statistics(
      names: ["bits", "size", "fit"] + [
        "level 1 log-det", "level 1 log density", "level 1 across", "level 1 peak",
      ], values: values, items: (0..<files).map { "\($0).png" },
      counts: Array(repeating: rows, count: files))
  }

  static let source: Calibration.Source = {
    Calibration.Source(Glow(GlowConfiguration(height: 8, width: 8, channels: 1)), path: "good")
  }()

  /// Good files raise the alarm as often as it says, by every score, of one row a file and of several.
  @Test(arguments: Score.allCases, [1, 3]) func alarmsAreNominal(_ score: Score, _ rows: Int) throws
  {
    let known = try Calibration(Self.statistics(500, seed: 1, rows: rows), Self.source)
    for alarm in [0.1, 0.01] {
      let found = Detection(
        Self.statistics(4000, seed: 2, rows: rows), by: known, score: score, alarm: alarm)
      // of 4,000 files and of the 500 that the threshold is made of
      let error = (alarm * (1 - alarm) * (1 / 4000.0 + 1 / 500.0)).squareRoot()
      #expect(abs(Double(found.alarms) / 4000 - alarm) < 3.5 * error, "\(score) at \(alarm)")
    }
  }

  @Test func ranks() throws {
    let known = try Calibration(Self.statistics(99, seed: 3), Self.source)
    let scores = known.known(.size)
    #expect(known.p(scores[98].nextUp, .size) == 0.01 && known.p(scores[98], .size) == 0.02)
    #expect(known.p(scores[0], .size) == 1 && known.p(.infinity, .size) == known.smallestP)
    for alarm in [0.01, 0.05, 0.5] {
      let threshold = known.threshold(.size, alarm: alarm)
      #expect(known.p(threshold, .size) <= alarm && known.p(threshold.nextDown, .size) > alarm)
    }
    #expect(known.threshold(.size, alarm: 0.009) == .infinity)
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
  }

  @Test func onFile() throws {
    let path = NSTemporaryDirectory() + "calibration-\(UUID().uuidString).safetensors"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let statistics = Self.statistics(30, seed: 7, rows: 2)
    try Calibration(statistics, Self.source).write(to: path)
    let read = try Calibration(reading: path, for: Self.source)
    #expect(read.statistics.values == statistics.values && read.source == Self.source)
    #expect(read.known(.combined) == (try Calibration(statistics, Self.source)).known(.combined))

    func error(_ source: Calibration.Source) -> String {
      do {
        _ = try Calibration(reading: path, for: source)
        return ""
      } catch { return "\(error)" }
    }
    let other = Glow(GlowConfiguration(height: 8, width: 8, channels: 1), seed: 9)
    #expect(error(Calibration.Source(other, path: "")).contains("another model"))
    var c = GlowConfiguration(height: 8, width: 8, channels: 1)
    c.bits = 5
    #expect(
      error(Calibration.Source(Glow(c), path: "")).contains("of 8 bits, and this one is of 5"))
    #expect(throws: FileError.self) { try Calibration(Self.statistics(19, seed: 1), Self.source) }
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
