import CKernels
import Tensors
import Testing

@Suite struct RandomStreamTests {
  /// The known answers that come with Random123 for Philox 4×32-10.
  @Test func knownAnswers() {
    func block(_ seed: UInt64, _ stream: UInt64, _ block: UInt64) -> [UInt32] {
      var out = [UInt32](repeating: 0, count: 4)
      glow_philox_block(seed, stream, block, &out)
      return out
    }
    #expect(block(0, 0, 0) == [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8])
    #expect(block(.max, .max, .max) == [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd])
    #expect(
      block(0x299f_31d0_a409_3822, 0x0370_7344_1319_8a2e, 0x85a3_08d3_243f_6a88)
        == [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1])
  }

  @Test func partsAreThoseOfTheWhole() {
    let stream = RandomStream(seed: 5, .noise, 7)
    let (uniform, normal) = (stream.uniform([40_000]).elements, stream.normal([40_000]).elements)
    #expect(stream.uniform([100], from: 33_333).elements == Array(uniform[33_333..<33_433]))
    #expect(stream.normal([100], from: 33_333).elements == Array(normal[33_333..<33_433]))
    #expect(uniform.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(RandomStream(seed: 5, .noise, 8).uniform([40_000]).elements != uniform)
  }

  @Test func momentsOfTheNormals() {
    let (mean, deviation) = RandomStream(seed: 1, .samples).normal([100_000, 2]).columnMoments()
    for c in 0..<2 {
      #expect(abs(mean[c]) < 0.015)
      #expect(abs(deviation[c] - 1) < 0.015)
    }
  }

  @Test func permutationsHoldEveryIndexOnce() {
    let order = RandomStream(seed: 2, .order).permutation(1000)
    #expect(order.sorted() == Array(0..<1000) && order != order.sorted())
  }
}
