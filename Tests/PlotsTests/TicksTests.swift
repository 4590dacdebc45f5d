import Testing

@testable import Plots

@Suite struct TicksTests {
  private func scale(_ lower: Double, _ upper: Double, isLogarithmic: Bool = false) -> Scale {
    Scale(Extent([lower, upper]), isLogarithmic: isLogarithmic)
  }

  @Test(arguments: [
    (0.0, 1.0, 5, [0, 0.2, 0.4, 0.6, 0.8, 1], ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
    (-2.2, 2.4, 5, [-2, -1, 0, 1, 2], ["−2", "−1", "0", "1", "2"]),
    (3, 47, 5, [10, 20, 30, 40], ["10", "20", "30", "40"]),
    (0, 3e-7, 3, [0, 1e-7, 2e-7, 3e-7], ["0", "1e−7", "2e−7", "3e−7"]),
    (1.1e6, 1.4e6, 3, [1.1e6, 1.2e6, 1.3e6, 1.4e6], ["1.1e6", "1.2e6", "1.3e6", "1.4e6"]),
  ])
  func standAtRoundNumbers(
    lower: Double, upper: Double, count: Int, values: [Double], labels: [String]
  ) {
    let ticks = Ticks(on: scale(lower, upper), count: count)
    #expect(ticks.labels == labels)
    #expect(zip(ticks.values, values).allSatisfy { abs($0 - $1) <= 1e-15 * abs($1) })
  }

  @Test func ofLogarithmsAreDecades() {
    let ticks = Ticks(on: scale(0.02, 3000, isLogarithmic: true), count: 6)
    #expect(ticks.labels == ["0.1", "1", "10", "100", "1000"])
    let few = Ticks(on: scale(1, 40, isLogarithmic: true), count: 6)
    #expect(few.values == [1, 2, 5, 10, 20])
  }

  /// Few, within, rising, whatever the range: and no two labels are the same.
  @Test func areFewInAnyRange() {
    let tiny = Double.leastNonzeroMagnitude
    let ends = [
      -.greatestFiniteMagnitude, -1e300, -1e12, -3, -1e-300, -tiny, 0, tiny, 1e-300, 1e-5,
      0.1, 0.1 + 1e-12, 1, 7, 1e12, 1e12 + 1, 1e300, .greatestFiniteMagnitude,
    ]
    for lower in ends {
      for upper in ends where upper >= lower {
        for count in 1...9 {
          let shown = scale(lower, upper)
          let ticks = Ticks(on: shown, count: count)
          #expect(ticks.values.count <= count + 1, "\(lower) \(upper) \(count)")
          #expect(zip(ticks.values, ticks.values.dropFirst()).allSatisfy(<))
          #expect(Set(ticks.labels).count == ticks.labels.count, "\(ticks)")
          #expect(
            ticks.values.allSatisfy { (-1e-6...1.000_001).contains(shown.fraction($0)) })
          guard lower > 0 else { continue }
          let decades = Ticks(on: scale(lower, upper, isLogarithmic: true), count: count)
          #expect(decades.values.count <= 3 * count + 6)
        }
      }
    }
  }

  @Test func leaveRoomForLabels() {
    func labels(_ scale: Scale) -> [String] {
      Ticks(on: scale, length: 100, spacing: 24) { Double($0.count) * 6 }.labels
    }
    #expect(labels(scale(0, 1e5)) == ["0", "50000", ""])
    #expect(labels(scale(0, 1e7)) == ["0", "5e6", "1.0e7"])
    // Only zero would have room, of whole steps.
    #expect(labels(scale(-4900, 4900)) == ["−4000", "", "0", "", "4000"])
    let given = Ticks(at: [1, 2, 3, 64, 200], on: scale(0, 100), length: 100) {
      Double($0.count) * 6
    }
    #expect(given.values == [1, 2, 3, 64] && given.labels == ["1", "", "", "64"])
  }
}
