import Foundation
import Models
import Tensors
import Testing

/// log p(x) in its terms, and by pixels.
@Suite struct SurpriseTests {
  /// Random parameters; images wider than high, so that a map that is turned does not pass.
  private static func images(classes: [String] = []) -> Glow {
    var c = GlowConfiguration(height: 16, width: 24, channels: 3, levels: 3, steps: 2, hidden: 6)
    c.classes = classes
    return FlowTests.randomized(Glow(c, seed: 1))
  }

  private static func sounds() -> Glow {
    FlowTests.randomized(
      Glow(
        GlowConfiguration(
          segment: 64, channels: 2, audio: .init(rate: 8000, layers: 2), levels: 2, steps: 2,
          hidden: 6), seed: 1))
  }

  private static func x(_ glow: Glow) -> Tensor {
    let c = glow.configuration
    return RandomStream(seed: 3, .samples).uniform([3, c.height, c.width, c.channels])
  }

  /// Examples put into their bins by a flow.
  private static func dequantized() -> (Glow, Glow.Dequantized) {
    var c = Self.images().configuration
    c.dequantizer = .init(steps: 1, hidden: 6)
    let glow = FlowTests.randomized(Glow(c, seed: 1))
    let noise = Self.x(glow)
    return (glow, glow.dequantize(noise.elements.map { Int16($0 * 255) }, noise: noise))
  }

  @Test(arguments: ["images", "sounds", "dequantized"]) func addsUp(_ kind: String) {
    var glow = kind == "sounds" ? Self.sounds() : Self.images()
    var drawn = Glow.Dequantized(Self.x(glow))
    if kind == "dequantized" { (glow, drawn) = Self.dequantized() }
    let whole = zip(glow.encode(drawn.x).logLikelihood, drawn.logDet).map { $0 + $1 }
    let terms = glow.terms(drawn)
    let maps = glow.surprise(drawn)
    for n in 0..<3 {
      let sum = terms.reduce(0) { $0 + $1.logDet[n] + $1.logDensity[n] }
      #expect(abs(sum - whole[n]) < 1e-6 * abs(whole[n]), "terms of example \(n)")
      #expect(abs(maps[n].total + whole[n]) < 1e-6 * abs(whole[n]), "map of example \(n)")
      let c = glow.configuration
      let bits = maps[n].bits(channels: c.channels, binBits: c.grid.binBits).total
      #expect(
        abs(bits / Double(c.dimensions) - c.format.bitsPerDimension(whole[n])) < 1e-6,
        "bits of example \(n)")
    }
  }

  /// Of draws from the model the latents are N(0, 1).
  @Test func latentsAreStandard() {
    let glow = Self.sounds()
    let x = glow.sample(0..<40, temperature: 1, seed: 4)
    for (level, term) in glow.terms(.init(x)).enumerated() {
      let u = term.standardized.elements.map { Double($0) }
      let mean = u.reduce(0, +) / Double(u.count)
      let variance = u.reduce(0) { $0 + $1 * $1 } / Double(u.count) - mean * mean
      let error = 1 / Double(u.count).squareRoot()
      #expect(abs(mean) < 4 * error, "mean of level \(level + 1)")
      #expect(abs(variance - 1) < 6 * error, "variance of level \(level + 1)")
    }
  }

  /// Before training a coupling does nothing, and a pixel matters in its own blocks alone.
  @Test func liesWhereItIs() {
    let c = GlowConfiguration(height: 16, width: 24, channels: 1, levels: 3, steps: 1, hidden: 4)
    let glow = Glow(c, seed: 1)
    let (row, column) = (5, 18)
    var pixels = [Float](repeating: 0.5, count: 16 * 24)
    let before = glow.surprise(.init(Tensor(pixels, shape: [1, 16, 24, 1])))[0]
    pixels[row * 24 + column] = 0.9
    let after = glow.surprise(.init(Tensor(pixels, shape: [1, 16, 24, 1])))[0]
    let changed = before.values.indices.filter { abs(before.values[$0] - after.values[$0]) > 1e-9 }
    #expect(changed.contains(row * 24 + column))
    // the deepest level's block of 8×8
    for place in changed {
      let (y, x) = (place / 24, place % 24)
      #expect(y / 8 == row / 8 && x / 8 == column / 8, "\(y), \(x)")
    }
  }

  /// Without a label, that of the class under which an example is most likely.
  @Test func takesTheLikeliestClass() {
    let glow = Self.images(classes: ["a", "b", "c"])
    let x = Self.x(glow)
    let byClass = (0..<3).map { glow.encode(x, labels: [$0, $0, $0]).logLikelihood }
    let sums = (0..<3).map { n in
      glow.terms(.init(x)).reduce(0) { $0 + $1.logDet[n] + $1.logDensity[n] }
    }
    for n in 0..<3 {
      let best = byClass.map { $0[n] }.max() ?? 0
      #expect(abs(sums[n] - best) < 1e-6 * abs(best))
    }
  }
}
