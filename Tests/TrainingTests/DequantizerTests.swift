import Foundation
import Media
import Models
import Tensors
import Testing

@testable import Training

/// Noise in a bin that a flow has learned.
@Suite struct DequantizerTests {
  static func model(_ c: GlowConfiguration, randomized: Float) -> Glow {
    let glow = Glow(c, seed: 1)
    var index = 0
    glow.visitParameters { name, parameter in
      index += 1
      guard parameter.isTrained else { return }
      let noise = RandomStream(seed: 1, .parameters, 900 + index).normal(parameter.value.shape)
      parameter.set(
        zip(parameter.value.elements, noise.elements).map { $0 + randomized * $1 })
    }
    return glow
  }

  /// To begin with, noise stays as uniform as it was.
  @Test func beginsUniform() {
    var c = GlowConfiguration(height: 8, width: 8, channels: 3, levels: 2, steps: 1, hidden: 8)
    c.coupling = .additive
    c.dequantizer = .init(steps: 2, hidden: 8)
    let samples = (0..<16 * 192).map { Int16($0 * 7 % 256) }
    let noise = RandomStream(seed: 2, .noise).uniform([16, 8, 8, 3])
    let drawn = Glow(c).dequantize(samples, noise: noise)
    let u = zip(drawn.x.elements, samples).map { ($0 + 0.5) * 256 - Float($1) }
    // but for the edges that it keeps off, 2⁻¹⁴ on either side
    let narrowed = 192 * log(1 - 0x1p-13)
    #expect(drawn.logDet.allSatisfy { abs($0 - narrowed) < 1e-3 }, "\(drawn.logDet)")
    #expect(u.allSatisfy { $0 > -1e-4 && $0 < 1.0001 } && u != noise.elements)
    #expect(abs(u.reduce(0, +) / Float(u.count) - 0.5) < 0.02)
  }

  /// However far a flow would go, samples stay in their bins, and come back.
  @Test func staysInItsBin() {
    var c = GlowConfiguration(height: 8, width: 8, channels: 3, levels: 1, steps: 1, hidden: 8)
    c.coupling = .affine
    c.dequantizer = .init(steps: 2, hidden: 8)
    let glow = Self.model(c, randomized: 1)
    let samples = (0..<64 * 192).map { Int16($0 % 256) }
    let noise = RandomStream(seed: 2, .noise).uniform([64, 8, 8, 3])
    let drawn = glow.dequantize(samples, noise: noise)
    let u = zip(drawn.x.elements, samples).map { ($0 + 0.5) * 256 - Float($1) }
    #expect((u.min() ?? 1) < 0.001 && (u.max() ?? 0) > 0.999, "the flow goes nowhere")
    #expect(drawn.x.quantized(on: c.grid).samples == samples)
    let centered = glow.centered(samples, shape: noise.shape)
    #expect(centered.quantized(on: c.grid).samples == samples)
    let inner = zip(centered.elements, samples).map { ($0 + 0.5) * 256 - Float($1) }
    #expect(inner.allSatisfy { $0 > 0.09 && $0 < 0.91 })
  }

  /// P(k) of each of the sixteen images of 2×2 bits, as importance sampling finds it, is what
  /// uniform noise finds: another flow, the same bins.
  @Test func weighsEachBinAsUniformNoiseDoes() throws {
    var c = GlowConfiguration(
      height: 2, width: 2, channels: 1, bits: 1, levels: 1, steps: 2, hidden: 8)
    c.coupling = .additive  // others may leave parts of a bin to very few draws
    c.dequantizer = .init(steps: 2, hidden: 8)
    let glow = Self.model(c, randomized: 0.1)
    let draws = 4000
    let noise = RandomStream(seed: 2, .noise).uniform([draws, 2, 2, 1])
    var wrong = 0.0
    for k in 0..<16 {
      let samples = (0..<draws).flatMap { _ in (0..<4).map { Int16(k >> $0 & 1) * 255 } }
      let drawn = glow.dequantize(samples, noise: noise)
      let uniform = Tensor.dequantized(samples, noise: noise, on: c.grid)
      let byFlow = zip(glow.encode(drawn.x).logLikelihood, drawn.logDet).map { $0 + $1 }.logMeanExp
      let byNoise = glow.encode(uniform).logLikelihood.logMeanExp
      #expect(abs(byFlow - byNoise) < 0.05, "image \(k): \(byFlow), \(byNoise)")
      let flipped = zip(glow.encode(drawn.x).logLikelihood, drawn.logDet).map { $0 - $1 }
      wrong = max(wrong, abs(flipped.logMeanExp - byNoise))
    }
    #expect(wrong > 0.1, "a wrong sign would not be seen")
  }

  /// It learns, goes on from a checkpoint bit for bit, and more draws tighten its bound.
  @Test func learnsAndResumes() throws {
    let folder = NSTemporaryDirectory() + "dequantizer-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for i in 0..<24 {
      let pixels = (0..<64).map { UInt8(($0 % 8 + i) % 4 < 2 ? 250 : 5) }
      try PNG.write(
        Image(width: 8, height: 8, channels: 1, pixels: pixels), to: "\(folder)/\(i).png")
    }
    let images = try ImageFolder(folder).load(width: 8, height: 8, channels: 1)
    var c = GlowConfiguration(height: 8, width: 8, channels: 1, levels: 1, steps: 2, hidden: 16)
    c.coupling = .mixture
    c.dequantizer = c.suitedDequantizer
    c.border = true
    var options = TrainingOptions()
    (options.batch, options.optimizer, options.learningRate, options.warmup) = (8, .muon, 2e-3, 5)
    let trainer = try Trainer(Glow(c), images, options)
    let before = try Evaluation(of: trainer.glow, on: images).mean
    let data = DataDescription(images: folder, width: 8, height: 8, channels: 1)
    let path = folder + "/half.safetensors"
    for step in 0..<80 {
      if step == 40 { try Checkpoint.write(trainer, data: data, to: path, resumable: true) }
      try trainer.step()
    }
    let second = try Checkpoint(reading: path)
    let model: Glow = try second.expect(try second.model())
    let other = try Trainer(resuming: second, GlowTask(model, images, options))
    for _ in 0..<40 { try other.step() }
    for (a, b) in zip(trainer.optimizer.slots, other.optimizer.slots) {
      #expect(a.parameter.value.elements == b.parameter.value.elements, "\(a.name)")
    }
    let draws = try Evaluation(of: trainer.glow, on: images, draws: 8)
    #expect(draws.mean < draws.bound - 1e-3, "\(draws.mean), \(draws.bound)")
    #expect(draws.bound < before - 1, "from \(before) to \(draws.bound)")
  }

  @Test func theNormalDistributionAndItsInverse() {
    let u = Tensor((0..<2048).map { Float($0) / 2048 } + [0x1.fffffep-1], shape: [2049, 1])
    let (z, logDet) = u.normalQuantile()
    let (back, logDetBack) = z.normalDistribution()
    #expect(Tensor.largestDifference(back, u) < 1e-7)
    #expect(zip(logDet, logDetBack).allSatisfy { abs($0 + $1) < 1e-5 })
    #expect(abs(z.elements[1024]) < 1e-6 && abs(z.elements[2000] - 1.98743) < 1e-4)
  }
}
