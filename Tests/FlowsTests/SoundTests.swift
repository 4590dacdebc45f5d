import Foundation
import Models
import Tensors
import Testing

/// What only sounds have: any length, made in tiles.
@Suite struct SoundTests {
  /// Two levels, random parameters; a frame sees (2·3+1)·2 + (2·3+1)·4 = 42 frames to either side.
  let glow = FlowTests.randomized(
    Glow(
      GlowConfiguration(
        segment: 64, channels: 2, audio: .init(rate: 8000, layers: 2), levels: 2, steps: 2,
        hidden: 6), seed: 1))
  /// What tiles may be off by: nothing, where a product's rows do not depend on how many they are.
  static let rounding: Float = {
    let x = RandomStream(seed: 5, .samples).normal([4096, 32])
    let weights = RandomStream(seed: 6, .samples).normal([64, 32])
    let some = 512..<1024
    let whole = Tensor.product(x, weights, transposingB: true).matrix(some, 0..<64)
    let part = Tensor.product(x.matrix(some, 0..<32), weights, transposingB: true)
    return whole.elements == part.elements ? 0 : 1e-5
  }()

  @Test func tilesMeetExactly() {
    #expect(glow.configuration.receptiveField == 42)
    let whole = glow.sample(0..<2, width: 400, temperature: 0.8, seed: 3)
    #expect(whole.shape == [2, 1, 400, 2])
    for tile in [4, 100, 128] {
      let tiled = glow.sample(0..<2, width: 400, temperature: 0.8, seed: 3, tile: tile)
      #expect(Tensor.largestDifference(whole, tiled) < 1e-4, "tiles of \(tile)")
      let x = whole.examples(1..<2)
      let latents = zip(glow.latents(of: x), glow.latents(of: x, tile: tile))
      for (a, b) in latents { #expect(Tensor.largestDifference(a, b) < 1e-4, "tiles of \(tile)") }
      let decoded = glow.decode(glow.latents(of: x), tile: tile)
      #expect(Tensor.largestDifference(x, decoded) < 1e-4, "tiles of \(tile)")
    }
  }

  /// What passes between couplings loses nothing: what is left is the rounding of the latents. It is
  /// more where float32 made those.
  @Test(arguments: [GlowConfiguration.Coupling.affine, .additive, .mixture])
  func loudSoundsComeBack(_ coupling: GlowConfiguration.Coupling) {
    var c = glow.configuration
    (c.coupling, c.levels, c.steps) = (coupling, 4, 8)
    let glow = FlowTests.randomized(Glow(c, seed: 1))
    glow.visitParameters { name, parameter in
      if name.contains("coupling") { parameter.set(parameter.value.elements.map { 0.2 * $0 }) }
    }
    let x = Tensor(
      RandomStream(seed: 3, .samples).normal([1, 1, 256, 2]).elements.map { 10 * $0 },
      shape: [1, 1, 256, 2])
    let inDouble = Tensor.largestDifference(x, glow.decode(glow.latents(of: x)))
    let inFloat = Tensor.largestDifference(x, glow.decode(glow.encode(x).latents))
    #expect(inDouble < inFloat / 2, "\(inDouble) and \(inFloat)")
  }

  /// What a tile is told begins in the middle of a place.
  @Test func tilesThatAreToldSomethingMeetExactly() {
    var c = glow.configuration
    // so many that products of a few rows would come to other bits
    c.hidden = 32
    c.condition = .init(channels: 40, spacing: 4)
    let glow = FlowTests.randomized(Glow(c, seed: 1))
    let width = 2500
    let told = RandomStream(seed: 4, .samples).normal([2, 1, 626, 40])
    func sample(_ told: Tensor?, tile: Int? = nil) -> Tensor {
      glow.sample(0..<2, width: width, temperature: 0.8, condition: told, seed: 3, tile: tile)
    }
    let whole = sample(told)
    #expect(Tensor.largestDifference(whole, sample(glow.meanCondition(2, width: width))) > 0.01)
    let latents = glow.latents(of: whole, condition: told)
    // each of the two on a thread of its own, told what belongs to it
    let (second, own) = (whole.examples(1..<2), told.examples(1..<2))
    let alone = glow.sample(
      1..<2, width: width, temperature: 0.8, condition: own, seed: 3)
    #expect(Tensor.largestDifference(second, alone) < 1e-4)
    for (a, b) in zip(latents, glow.latents(of: second, condition: own)) {
      #expect(Tensor.largestDifference(a.examples(1..<2), b) < 1e-4)
    }
    #expect(Tensor.largestDifference(glow.decode(latents, condition: told), whole) < 1e-4)
    for tile in [100, 512, 1024] {
      let error = tile < 512 ? 1e-4 : Self.rounding
      #expect(Tensor.largestDifference(whole, sample(told, tile: tile)) <= error)
      for (a, b) in zip(latents, glow.latents(of: whole, condition: told, tile: tile)) {
        #expect(Tensor.largestDifference(a, b) <= error, "tiles of \(tile)")
      }
    }
  }

  /// Mixture couplings, as vocoders have them: exactly in float32; in bfloat16 the tiles make no
  /// more of a difference than that format does.
  @Test func tilesOfMixturesMeetExactly() {
    var c = glow.configuration
    c.hidden = 32
    c.coupling = .mixture
    c.condition = .init(channels: 40, spacing: 4)
    let glow = FlowTests.randomized(Glow(c, seed: 1))
    // what it makes of noise stays finite
    glow.visitParameters { name, parameter in
      if name.contains("coupling") { parameter.set(parameter.value.elements.map { 0.2 * $0 }) }
    }
    let told = RandomStream(seed: 4, .samples).normal([1, 1, 276, 40])
    func sample(_ precision: Precision, tile: Int? = nil) -> Tensor {
      glow.precision = precision
      return glow.sample(
        0..<1, width: 1100, temperature: 0.8, condition: told, seed: 3, tile: tile)
    }
    let (exact, rounded) = (sample(.float32), sample(.bfloat16))
    let rounding = Tensor.largestDifference(exact, rounded)
    #expect(exact.isFinite && rounded.isFinite && rounding > 0)
    #expect(Tensor.largestDifference(exact, sample(.float32, tile: 512)) <= Self.rounding)
    let difference = Tensor.largestDifference(rounded, sample(.bfloat16, tile: 512))
    #expect(difference <= rounding)
  }

  /// What stands still in the first batch is not multiplied without end.
  @Test func whatIsToldIsMultipliedByFourAtMost() {
    var c = glow.configuration
    c.condition = .init(channels: 3, spacing: 4)
    let glow = Glow(c, seed: 1)
    let x = RandomStream(seed: 4, .samples).normal([2, 1, 16, c.channels])
    glow.initialize(from: x, condition: Tensor(repeating: -11.5, shape: [2, 1, 5, 3]))
    glow.visitParameters { name, parameter in
      guard name == "condition.log_scale" else { return }
      #expect(parameter.value.elements == Array(repeating: Float(log(4.0)), count: 3))
    }
  }

  /// A change at one frame reaches no further than `reach` says, and just as far.
  @Test func reachIsTight() {
    let x = glow.sample(0..<1, width: 400, temperature: 0.8, seed: 3)
    var elements = x.elements
    elements[2 * 200] += 0.5
    let moved = glow.encode(Tensor(elements, shape: x.shape)).latents
    let changed = zip(glow.encode(x).latents, moved).enumerated().flatMap { level, pair in
      let (a, b) = (pair.0.elements, pair.1.elements)
      let channels = pair.0.channels
      return a.indices.filter { a[$0] != b[$0] }.map { $0 / channels * (2 << level) }
    }
    let (first, last) = (changed.min() ?? 0, changed.max() ?? 0)
    #expect(
      200 - first <= glow.configuration.receptiveField + 4
        && last - 200 <= glow.configuration.receptiveField)
    #expect(
      200 - first > glow.configuration.receptiveField / 2
        && last - 200 > glow.configuration.receptiveField / 2)
  }

  /// The noise depends on seed, example and place: longer sounds begin like shorter ones.
  @Test func longerSoundsBeginLikeShorterOnes() {
    let long = glow.sample(0..<2, width: 400, temperature: 0.8, seed: 3)
    let short = glow.sample(0..<2, width: 200, temperature: 0.8, seed: 3)
    let (a, b) = (long.columns(0..<150), short.columns(0..<150))
    #expect(Tensor.largestDifference(a, b) < 1e-4)
    let other = glow.sample(0..<2, width: 200, temperature: 0.8, seed: 4)
    #expect(Tensor.largestDifference(other, short) > 0.1)
  }
}
