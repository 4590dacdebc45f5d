import Foundation
import Media
import Models
import Tensors
import Testing
import Training

/// The trainer and what surrounds it, on sounds.
@Suite(.serialized) final class SoundTrainingTests {
  let folder = NSTemporaryDirectory() + "sounds-\(UUID().uuidString)"
  let sounds: SoundSet
  let model = GlowConfiguration(
    segment: 256, channels: 1, audio: .init(rate: 8000, layers: 3), levels: 3, steps: 2, hidden: 12)
  let data: DataDescription

  /// Twelve decaying tones with a little noise, of 700 to 1,030 frames.
  init() throws {
    try FileManager.default.createDirectory(
      atPath: folder + "/wav", withIntermediateDirectories: true)
    for i in 0..<12 {
      let noise = RandomStream(seed: 1, .samples, i).normal([700 + 30 * i]).elements
      let samples = noise.enumerated().map { t, u -> Int16 in
        let tone = sin(Double(t) * (0.05 + 0.01 * Double(i))) * exp(-Double(t) / 400)
        return Int16(8000 * tone + 20 * Double(u))
      }
      try WAV.write(
        Sound(rate: 8000, channels: 1, samples: samples), to: "\(folder)/wav/\(i + 10).wav")
    }
    sounds = try SoundFolder(folder + "/wav").load(
      segment: 256, unit: 8, format: SoundFormat(rate: 8000, channels: 1))
    data = DataDescription(
      audio: folder, channels: 1, resample: false, skipSuspicious: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  var options: TrainingOptions {
    var options = TrainingOptions()
    (options.batch, options.warmup, options.seed) = (8, 5, 3)
    return options
  }

  func trained(_ steps: Int) throws -> Trainer {
    let trainer = try Trainer(Glow(model, seed: 1), sounds, options)
    for _ in 0..<steps { try trainer.step() }
    return trainer
  }

  @Test func trainingLearns() throws {
    let trainer = try trained(0)
    let before = try Evaluation(of: trainer.glow, on: sounds)
    for _ in 0..<60 { try trainer.step() }
    let after = try Evaluation(of: trainer.glow, on: sounds)
    #expect(before.mean.isFinite && after.mean < before.mean - 1, "\(before.mean), \(after.mean)")
    #expect(after.scores.count == 12)
    // all of a file but what is left of it after whole units
    #expect(after.scores[1].dimensions == 730 / 8 * 8)
    let weighted = after.scores.reduce(0) { $0 + $1.bitsPerDimension * Double($1.dimensions) }
    #expect(abs(after.mean - weighted / Double(after.dimensions)) < 1e-9)
  }

  /// Ten steps, and five steps, a file, and five more, end in the same bits.
  @Test func resumeIsExact() throws {
    func bytes(_ trainer: Trainer) throws -> Data {
      let path = folder + "/all.safetensors"
      try Checkpoint.write(trainer, data: data, to: path, resumable: true)
      let file = try Safetensors(reading: path)
      return try file.entries.keys.sorted().filter { $0 != "state.seconds" }.reduce(Data()) {
        try $0 + file.bytes($1) { Data($0) }
      }
    }
    let whole = try bytes(trained(10))
    let path = folder + "/half.safetensors"
    try Checkpoint.write(trained(5), data: data, to: path, resumable: true)
    let checkpoint = try Checkpoint(reading: path)
    #expect(try checkpoint.configuration(of: Glow.self) == model)
    let second = try Trainer(resuming: checkpoint, GlowTask(Glow(model), sounds, options))
    for _ in 0..<5 { try second.step() }
    #expect(try bytes(second) == whole)
  }

  /// Files of any length come back sample for sample, through a file of latents.
  @Test func wholeFilesComeBack() throws {
    let glow = try trained(20).glow
    let originals = try sounds.paths.map { try WAV.read($0).sound }
    let path = folder + "/latents.safetensors"
    try Latents(of: originals, names: sounds.paths, in: glow).write(to: path)
    let latents = try Latents(reading: path, for: glow)
    #expect(try latents.sounds(in: glow) == originals)
    #expect(glow.roundTripError(originals) < 0.5)
    let huge = ["names": "[\"a\",\"b\",\"c\"]", "frames": "[\(1 << 40),\(1 << 40),\(1 << 40)]"]
    try Safetensors.write(to: path, metadata: huge, tensors: [])
    let error = #expect(throws: FileError.self) { try Latents(reading: path, for: glow) }
    #expect(error?.reason == "holds more than 2^41 frames")
    let ends = [originals[1], originals[4].prefix(730)]
    let line = try Latents(of: ends, names: ["a", "b"], in: glow).interpolated(steps: 3)
      .sounds(in: glow)
    #expect(line.count == 3 && [line[0], line[2]] == ends)
    #expect(line[1] != ends[0] && line[1] != ends[1])
  }

  /// The noise of a window depends on the seed and its place; the figures of files are those of
  /// their windows, put together again.
  @Test func scoresAreAFunctionOfTheSeed() throws {
    let glow = try trained(20).glow
    var widths: Set<Int> = []
    var bits = 0.0
    let one = try Evaluation(of: glow, on: sounds) { batch in
      widths.insert(batch.width)
      bits += batch.bitsPerDimension.reduce(0) { $0 + $1 * Double(batch.width) }
    }
    #expect(widths.contains(256) && widths.count > 2)
    #expect(abs(bits / Double(one.dimensions) - one.mean) < 1e-9)
    #expect(try Evaluation(of: glow, on: sounds, seed: 1).mean != one.mean)
    // the first file alone: the same windows at the same places
    let alone = try Evaluation(of: glow, on: sounds.subset([0]))
    #expect(abs(alone.mean - one.scores[0].bitsPerDimension) < 1e-5)
    #expect(alone.standardError == nil)
    // by hand, with the weight of each file
    let deviations = one.scores.map {
      Double($0.dimensions) / Double(one.dimensions) * ($0.bitsPerDimension - one.mean)
    }
    let expected = (deviations.reduce(0) { $0 + $1 * $1 } * 12 / 11).squareRoot()
    #expect(abs((one.standardError ?? 0) - expected) < 1e-12)
    let few = try Evaluation(of: glow, on: sounds, most: 5)
    #expect((1...5).contains(few.scores.count) && few.dimensions <= 5 * 256)
  }

  /// A file that goes bad between training and scoring is left out and named, not replaced.
  @Test func aFileFoundBadIsNotScored() throws {
    let glow = try trained(1).glow
    try Data([1]).write(to: URL(fileURLWithPath: sounds.paths[3]))
    let result = try Evaluation(of: glow, on: sounds)
    #expect(result.scores.count == 11 && result.bad.map(\.path) == [sounds.paths[3]])
    #expect(!result.scores.map(\.path).contains(sounds.paths[3]))
  }

  @Test func samplesAreOfTheLengthAskedFor() throws {
    let glow = try trained(5).glow
    let (drawn, _) = try Sampler(glow, seed: 7).sounds(3, frames: 1001, temperature: 0.7)
    #expect(drawn.map(\.frames) == [1001, 1001, 1001])
    #expect(drawn[0].rate == 8000 && drawn[0] != drawn[1])
  }
}
