import Models
import Testing

/// What is chosen for data where nothing is said.
@Suite struct SuitedTests {
  private func hidden(minutes: Double?, given: Int? = nil) -> Int {
    GlowConfiguration.suited(width: 32, height: 32, channels: 3, hidden: given, minutes: minutes)
      .hidden
  }

  @Test func anHourIsWorthWiderNets() {
    #expect([nil, 8, 59.9, 60].map { hidden(minutes: $0) } == [128, 128, 128, 256])
    #expect(hidden(minutes: 60, given: 12) == 12)
  }

  @Test func aBorderIsOfNetsThatSeeNoEndByThemselves() {
    var c = GlowConfiguration.suited(width: 32, height: 32, channels: 3)
    #expect(c.border == true && c.coupling == .mixture)
    c.coupling = .affine
    #expect(c.suitedBorder == nil)
    let sound = GlowConfiguration.suited(typical: 4096, channels: 1, rate: 8000)
    #expect(sound.border == nil && sound.suitedBorder == nil)
  }

  @Test func soundsAreHalvedWhileFramesAreLeft() {
    let all = [48, 300, 4250, 100_000].map {
      let c = GlowConfiguration.suited(typical: $0, channels: 1, rate: 8000)
      return [c.levels, c.width]
    }
    #expect(all == [[1, 48], [3, 296], [7, 4224], [8, 8192]], "\(all)")
    let long = GlowConfiguration.suited(
      typical: 100_000, channels: 1, rate: 8000, segment: 1 << 16)
    #expect(long.levels == 8)
    let round = [1000, 4000, 8000].map {
      GlowConfiguration.suited(typical: 100_000, channels: 1, rate: 8000, segment: $0)
    }
    #expect(round.map(\.levels) == [3, 5, 6] && round.allSatisfy { $0.validationError == nil })
  }
}
