import Foundation
import Media
import Models
import Tensors
import Testing

@testable import Training

/// A VAE learned and scored, of images and of tables.
@Suite struct VAETaskTests {
  let folder = TemporaryDirectory("vae")

  static func table() -> VAEConfiguration {
    var c = VAEConfiguration(columns: ["a", "b"])
    (c.latent, c.posterior, c.flows, c.hidden) = (2, .planar, 2, [8])
    (c.shift, c.scale) = ([1, -2], [3, 0.5])
    return c
  }

  func rows() throws -> Table {
    let noise = RandomStream(seed: 3, .samples).normal([40, 2]).elements
    return Table(
      path: "t", columns: ["a", "b"],
      values: noise.enumerated().map { Double($1) + ($0 % 2 == 0 ? 0 : Double(noise[$0 - 1])) })
  }

  static func options() -> TrainingOptions {
    var o = TrainingOptions()
    (o.batch, o.warmup, o.warmupEpochs, o.freeBits) = (8, 0, 2, 0.1)
    (o.evaluateEvery, o.averageDecay) = (4, 0.5)
    return o
  }

  func task(of likelihood: DecoderLikelihood, _ binarization: VAEConfiguration.Binarization?) throws
    -> VAETask
  {
    guard likelihood != .gaussian else {
      let examples = try VAEExamples(rows(), for: Self.table())
      return VAETask(VAE(Self.table(), seed: 1), examples, validation: examples, Self.options())
    }
    for i in 0..<12 {
      let pixels = (0..<7 * 6).map { UInt8(($0 * (i + 3) * 7) % 256) }
      try PNG.write(
        Image(width: 7, height: 6, channels: 1, pixels: pixels), to: "\(folder.path)/\(i).png")
    }
    var c = VAEConfiguration(
      image: .init(width: 7, height: 6, channels: 1), likelihood: likelihood)
    (c.latent, c.posterior, c.flows, c.width, c.features) = (2, .orthogonal, 1, 4, 8)
    (c.vectors, c.binarization) = (2, binarization)
    let images = try ImageFolder(folder.path).load(width: 7, height: 6, channels: 1)
    let format = try #require(c.format)
    let examples = VAEExamples(images, as: format, for: c)
    return VAETask(VAE(c, seed: 1), examples, validation: examples, Self.options())
  }

  /// A state taken amid the warm-up goes on to the same weights, and the loss falls.
  @Test(
    arguments: [
      (DecoderLikelihood.gaussian, nil), (.bernoulli, .static), (.bernoulli, .dynamic),
      (.logistic, nil),
    ] as [(DecoderLikelihood, VAEConfiguration.Binarization?)])
  func goesOnBitForBit(_ kind: (DecoderLikelihood, VAEConfiguration.Binarization?)) throws {
    let path = folder.path + "/state.safetensors"
    let data = DataDescription(table: "t", rows: 0)
    let whole = try Trainer(starting: task(of: kind.0, kind.1))
    for _ in 0..<3 { try whole.step() }
    try Checkpoint.write(whole, data: data, to: path, resumable: true)
    let resumed = try Trainer(
      resuming: Checkpoint(reading: path), task(of: kind.0, kind.1))
    for _ in 0..<6 { #expect(try whole.step().loss == resumed.step().loss) }
    #expect(try whole.task.validate()?.mean == resumed.task.validate()?.mean)
  }

  /// Half of the divergence counts halfway through its warm-up; a step and a validation name the
  /// terms, which add up to the bound.
  @Test func termsAreTold() throws {
    let task = try task(of: .gaussian, nil)
    let weight = { (step: LossGradient) in step.terms.last?.value }
    #expect(try weight(task.addGradients(0)) == 0)
    #expect(try weight(task.addGradients(5)) == 0.5)
    let step = try task.addGradients(20)
    #expect(weight(step) == 1)
    let validation = try #require(try task.validate())
    for (loss, terms) in [(step.loss, step.terms), (validation.mean, validation.metrics)] {
      let values = terms.map(\.value)
      #expect(abs(values[0] + values[1] - values[2] + loss) < 1e-4)
    }
    #expect(
      validation.metrics.map(\.key) == [
        "validation_log_p_x_given_z", "validation_log_p_z", "validation_log_q_z",
      ])
  }

  /// No example's bound is above its estimate, one draw is both, and a row's nats are of the
  /// columns as they are.
  @Test func theBoundIsBelowTheEstimate() throws {
    let task = try task(of: .gaussian, nil)
    let examples = try VAEExamples(rows(), for: Self.table())
    func scores(_ draws: Int, of vae: VAE) throws -> ImportanceScores {
      var scores = ImportanceScores(of: vae, on: examples, draws: draws)
      for piece in scores.pieces { try scores.score(piece) }
      return scores
    }
    let many = try scores(50, of: task.vae)
    #expect(many.scores.count == 40 && many.firstNotFinite == nil)
    #expect(many.scores.allSatisfy { $0.elbo < -$0.nll })
    let terms = many.scores[7]
    #expect(
      abs(terms.logLikelihood + terms.logPrior - terms.logPosterior - terms.elbo) < 1e-9)
    #expect(try scores(1, of: task.vae).scores.allSatisfy { abs($0.elbo + $0.nll) < 1e-9 })
  }

  /// The part of the pixels that are 0 or 255, by which a likelihood is chosen.
  @Test func pixelsAreLookedAt() throws {
    for (i, pixels) in [[0, 255, 0, 255], [0, 1, 254, 255]].enumerated() {
      let image = Image(width: 2, height: 2, channels: 1, pixels: pixels.map { UInt8($0) })
      try PNG.write(image, to: "\(folder.path)/\(i).png")
    }
    let images = try ImageFolder(folder.path).load(width: 2, height: 2, channels: 1)
    #expect(try images.binaryPart(of: 9) == 0.75 && images.binaryPart(of: 1) == 1)
  }

  /// Pixels: above 127 is 1; or with their value as the probability, the same ones again.
  @Test func pixelsBecomeZeroOrOne() throws {
    var c = VAEConfiguration(
      image: .init(width: 4, height: 1, channels: 1), likelihood: .bernoulli)
    c.binarization = .static
    #expect(c.input([0, 127, 128, 255]) { _ in Tensor([0], shape: [1]) }.elements == [0, 0, 1, 1])
    c.binarization = .dynamic
    let u = Tensor([0, 0.49, 0.51, 0.99], shape: [1, 4])
    #expect(c.input([0, 127, 128, 255]) { _ in u }.elements == [0, 1, 0, 1])
    #expect(
      c.images(of: Tensor([0, 0.5, 1, 2], shape: [1, 1, 4, 1]))[0].pixels == [0, 128, 255, 255])
  }
}

/// A folder that goes with its test.
final class TemporaryDirectory: Sendable {
  let path: String
  init(_ name: String) {
    path = NSTemporaryDirectory() + "\(name)-\(UUID().uuidString)"
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}
