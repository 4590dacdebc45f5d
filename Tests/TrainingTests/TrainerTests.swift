import Foundation
import Media
import Models
import Tensors
import Testing
import Training

@Suite(.serialized) final class TrainerTests {
  let folder = NSTemporaryDirectory() + "trainer-\(UUID().uuidString)"
  let images: ImageSet
  let data: DataDescription

  /// Forty 8×8 colour images, in two classes, with something to learn: smooth ramps.
  init() throws {
    images = try .ramps(40, in: folder + "/images")
    data = DataDescription(images: folder, width: 8, height: 8, channels: 3)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func model(steps: Int = 2, classes: [String] = []) -> GlowConfiguration {
    GlowConfiguration(
      height: 8, width: 8, channels: 3, levels: 2, steps: steps, hidden: 16, classes: classes)
  }

  var options: TrainingOptions {
    var options = TrainingOptions()
    (options.batch, options.warmup, options.flip, options.seed) = (8, 5, true, 3)
    return options
  }

  func everything(_ trainer: Trainer) throws -> Data {
    let path = folder + "/all.safetensors"
    try Checkpoint.write(trainer, data: data, to: path, resumable: true)
    let file = try Safetensors(reading: path)
    return try file.entries.keys.sorted().filter { $0 != "state.seconds" }.reduce(Data()) {
      try $0 + file.bytes($1) { Data($0) }
    }
  }

  @Test(arguments: Precision.allCases) func trainingLearns(_ precision: Precision) throws {
    var options = options
    options.precision = precision
    let trainer = try Trainer(Glow(model(), seed: 1), images, options)
    let before = try Evaluation(of: trainer.glow, on: images).mean
    for _ in 0..<60 { try trainer.step() }
    let after = try Evaluation(of: trainer.glow, on: images).mean
    #expect(before.isFinite && after < before - 1, "from \(before) to \(after)")
  }

  /// Ten steps, and five steps, a file, and five more, end in the same bits.
  @Test(arguments: [
    (TrainingOptions.OptimizerKind.adam, Precision.float32), (.adamax, .bfloat16),
    (.muon, .float32),
  ])
  func resumeIsExact(_ rule: TrainingOptions.OptimizerKind, _ precision: Precision) throws {
    var options = options
    (options.optimizer, options.precision) = (rule, precision)
    options.muonInterval = rule == .muon ? 2 : nil
    let whole = try Trainer(Glow(model(), seed: 1), images, options)
    for _ in 0..<10 { try whole.step() }

    let first = try Trainer(Glow(model(), seed: 1), images, options)
    for _ in 0..<5 { try first.step() }
    let path = folder + "/half.safetensors"
    try Checkpoint.write(first, data: data, to: path, resumable: true)
    let checkpoint = try Checkpoint(reading: path)
    #expect(checkpoint.config.training.precision == precision)
    let second = try Trainer(resuming: checkpoint, GlowTask(Glow(model()), images, options))
    for _ in 0..<5 { try second.step() }
    #expect(try everything(second) == everything(whole))
  }

  @Test func storedAndRecomputedTrainAlike() throws {
    var losses: [[Double]] = []
    for memory in ActivationMemory.allCases {
      var options = options
      options.memory = memory
      let trainer = try Trainer(Glow(model(steps: 4), seed: 1), images, options)
      losses.append(try (0..<20).map { _ in try trainer.step().loss })
    }
    for (a, b) in zip(losses[0], losses[1]) { #expect(abs(a - b) < 1e-3) }
  }

  /// 64 steps deep and trained, the inputs that backward rebuilds are those that went in, to a
  /// quarter of a level, and the gradient is the stored one's.
  @Test(arguments: Precision.allCases) func aDeepModelsDriftIsSmall(_ precision: Precision) throws {
    var deep = model(steps: 64)
    deep.levels = 1
    var options = options
    (options.memory, options.precision) = (.recompute, precision)
    let glow = Glow(deep, seed: 1)
    let trainer = try Trainer(glow, images, options)
    var drifts: [Float] = []
    for _ in 0..<30 { drifts.append(try trainer.step().reconstructionError) }
    #expect(drifts.allSatisfy { $0 > 0 && $0 < 1e-3 }, "\(drifts.max() ?? 0)")

    var x: Tensor?
    _ = try Evaluation(of: glow, on: images) {
      let noise = deep.format.noise($0.samples.count, RandomStream(seed: 4, .noise))
      x = x ?? glow.dequantize($0.samples, noise: noise).x
    }
    let batch = try #require(x)
    let gradients = ActivationMemory.allCases.map { memory in
      glow.computing(in: precision) {
        _ = glow.addGradients(batch, weight: 1, memory: memory)
      }
      var all: [Float] = []
      glow.visitParameters { _, parameter in
        guard parameter.isTrained else { return }
        all += parameter.gradient.elements
        parameter.clearGradient()
      }
      return all
    }
    let (error, size) = zip(gradients[0], gradients[1]).reduce((Float(0), Float(0))) {
      ($0.0 + ($1.0 - $1.1) * ($1.0 - $1.1), $0.1 + $1.0 * $1.0)
    }
    #expect((error / size).squareRoot() < 1e-3)

    // and what is encoded is decoded, in whichever precision it was trained
    let pictures = try (0..<8).map { try PNG.read("\(folder)/images/a/\(2 * $0).png").image }
    let latents = Latents(of: pictures, names: pictures.map { _ in "" }, in: glow)
    #expect(try latents.images(in: glow).map(\.pixels) == pictures.map(\.pixels))
    #expect(glow.precision == .float32, "a trainer leaves the model as it was")
    let wide = Latents(of: pictures, names: pictures.map { _ in "" }, in: glow)
    #expect(latents.levels.map(\.elements) == wide.levels.map(\.elements))
  }

  /// What was trained in one precision is scored in the other, nearly the same.
  @Test func checkpointsServeEitherPrecision() throws {
    var options = options
    options.precision = .bfloat16
    let trainer = try Trainer(Glow(model(), seed: 1), images, options)
    for _ in 0..<20 { try trainer.step() }
    let path = folder + "/narrow.safetensors"
    try Checkpoint.write(trainer, data: data, to: path, resumable: false)
    let checkpoint = try Checkpoint(reading: path)
    let glow = try checkpoint.model(of: Glow.self, .raw)
    let wide = try Evaluation(of: glow, on: images).mean
    let narrow = try glow.computing(in: .bfloat16) { try Evaluation(of: glow, on: images).mean }
    let own = try trainer.glow.computing(in: .bfloat16) {
      try Evaluation(of: trainer.glow, on: images).mean
    }
    #expect(narrow == own)
    #expect(wide != narrow && abs(wide - narrow) < 0.02, "\(wide) and \(narrow)")
  }

  /// A batch in three parts, the last one shorter, gives the gradients of the whole one.
  @Test func partsOfABatchAddUp() throws {
    var options = options
    options.accumulate = 3
    let whole = try Trainer(Glow(model(classes: ["a", "b"]), seed: 1), images, self.options)
    let parts = try Trainer(Glow(model(classes: ["a", "b"]), seed: 1), images, options)
    #expect(options.partSize == 3)
    for _ in 0..<5 {
      let (a, b) = try (whole.step(), parts.step())
      #expect(abs(a.loss - b.loss) < 1e-5)
      #expect(abs(a.gradientNorm / b.gradientNorm - 1) < 1e-4)
    }
  }

  /// A model that is not finite skips each step, changes nothing, names the place, and ends.
  @Test func stepsThatAreNotFiniteAreSkipped() throws {
    let trainer = try Trainer(Glow(model(), seed: 1), images, options)
    var poisoned: Parameter?
    trainer.glow.visitParameters { name, parameter in
      if name == "levels.1.steps.0.actnorm.bias" { poisoned = parameter }
    }
    let parameter = try #require(poisoned)
    let before = parameter.value.elements
    parameter.set([.nan] + before.dropFirst())
    for _ in 1..<Trainer.patience {
      let step = try trainer.step()
      #expect(step.skipped == .notFinite("levels.1.steps.0.actnorm"))
    }
    #expect(throws: Trainer.Diverged.self) { try trainer.step() }
    #expect(trainer.state.skipped == Trainer.patience)
    parameter.set(before)
    #expect(try trainer.step().skipped == nil, "it recovers once the poison is gone")
  }

  /// The round trip of a deep model after training, in 8-bit levels.
  @Test func aTrainedDeepModelInverts() throws {
    var c = model(steps: 32)
    c.levels = 3
    c.hidden = 8
    let trainer = try Trainer(Glow(c, seed: 2), images, options)
    for _ in 0..<10 { try trainer.step() }
    let originals = try (0..<8).map { try PNG.read(images.paths[$0]).image }
    #expect(trainer.glow.roundTripError(originals) < 0.5)
    let latents = Latents(of: originals, names: images.paths[..<8].map { $0 }, in: trainer.glow)
    let path = folder + "/latents.safetensors"
    try latents.write(to: path)
    let back = try Latents(reading: path, for: trainer.glow).images(in: trainer.glow)
    #expect(back == originals)
  }

  @Test func moreDrawsGiveATighterBound() throws {
    let trainer = try Trainer(Glow(model(), seed: 1), images, options)
    for _ in 0..<20 { try trainer.step() }
    let one = try Evaluation(of: trainer.glow, on: images, draws: 1).mean
    let many = try Evaluation(of: trainer.glow, on: images, draws: 16).mean
    #expect(many < one)
  }

  @Test func samplesAreAFunctionOfSeedAndNumber() throws {
    let trainer = try Trainer(
      Glow(model(classes: ["a", "b"]), seed: 1), images, options)
    for _ in 0..<5 { try trainer.step() }
    let sampler = Sampler(trainer.glow, seed: 7)
    let many = try sampler.images(6, temperature: 0.8).images
    #expect(try sampler.images(3, temperature: 0.8).images == Array(many[..<3]))
    let others = try Sampler(trainer.glow, seed: 8).images(3, temperature: 0.8).images
    #expect(others != Array(many[..<3]))
  }

  // MARK: Checkpoints that nobody vouches for

  @Test func weightsAndAveragesComeBack() throws {
    let trainer = try Trainer(Glow(model(), seed: 1), images, options)
    for _ in 0..<5 { try trainer.step() }
    let path = folder + "/run/best.safetensors"
    try FileManager.default.createDirectory(
      atPath: folder + "/run", withIntermediateDirectories: true)
    try Checkpoint.write(trainer, data: data, to: path, resumable: false)
    let checkpoint = try Checkpoint(reading: folder + "/run")
    let raw = try Evaluation(of: checkpoint.model(of: Glow.self, .raw), on: images).scores.map(
      \.bitsPerDimension)
    #expect(try raw == Evaluation(of: trainer.glow, on: images).scores.map(\.bitsPerDimension))
    let averaged = try Evaluation(of: checkpoint.model(of: Glow.self, .ema), on: images).scores.map(
      \.bitsPerDimension)
    let expected = try trainer.optimizer.withEMA {
      try Evaluation(of: trainer.glow, on: images).scores.map(\.bitsPerDimension)
    }
    #expect(averaged == expected && averaged != raw)
  }

  /// Each kind of damage, and a piece of what must be said about it.
  @Test(arguments: [
    ("missing", "is not there"), ("shape", "has shape"), ("nan", "not finite"),
    ("permutation", "not a permutation"), ("newer", "version 99"), ("other", "not a checkpoint"),
    ("huge", "has shape"), ("deep", "is not there"), ("senseless", "makes no sense"),
  ]) func damage(_ kind: String, _ expected: String) throws {
    let trainer = try Trainer(Glow(model(), seed: 1), images, options)
    let path = folder + "/good.safetensors"
    try Checkpoint.write(trainer, data: data, to: path, resumable: false)
    let good = try Safetensors(reading: path)
    var config = try #require(good.metadata["config"])
    var records: [TensorRecord] = []
    for (name, entry) in good.entries.sorted(by: { $0.key < $1.key }) {
      var bytes = try good.bytes(name) { Array($0) }
      var shape = entry.shape
      switch (kind, name) {
      case ("missing", "ema.prior.mean"): continue
      case ("shape", "ema.prior.mean"): shape = [1] + shape
      case ("nan", "ema.prior.mean"):
        bytes.replaceSubrange(0..<4, with: [0, 0, 0xC0, 0x7F])
      case ("permutation", "levels.0.steps.0.mix.permutation"):
        bytes.replaceSubrange(0..<4, with: bytes[4..<8])
      default: break
      }
      records.append(
        TensorRecord(name, dtype: entry.dtype, shape: shape) { body in
          try bytes.withUnsafeBytes { try body($0) }
        })
    }
    for (damage, from, to) in [
      ("newer", "\"version\":1", "\"version\":99"), ("other", "swift-glow", "swift-flow"),
      ("huge", "\"hidden\":16", "\"hidden\":8192"), ("deep", "\"steps\":2", "\"steps\":1024"),
      ("senseless", "\"levels\":2", "\"levels\":9"),
    ] where damage == kind {
      #expect(config.contains(from))
      config = config.replacingOccurrences(of: from, with: to)
    }
    let bad = folder + "/bad.safetensors"
    try Safetensors.write(to: bad, metadata: ["config": config], tensors: records)
    let error = #expect(throws: FileError.self) { try Checkpoint(reading: bad).model() }
    #expect(error?.description.contains(expected) == true, "\(String(describing: error))")
  }
}
