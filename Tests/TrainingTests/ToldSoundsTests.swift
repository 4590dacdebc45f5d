import Foundation
import Media
import Models
import Tensors
import Testing

@testable import Training

/// Sounds of which a model is told the mel spectrum, some of them bad.
@Suite final class ToldSoundsTests {
  let folder = NSTemporaryDirectory() + "told-\(UUID().uuidString)"
  let model: GlowConfiguration

  /// Twelve sounds of noise, of 700 to 1,030 frames.
  init() throws {
    var model = GlowConfiguration(
      segment: 256, channels: 1, audio: .init(rate: 8000, layers: 2), levels: 3, steps: 1,
      hidden: 8)
    model.condition = .mel(rate: 8000, bands: 8, fft: 128, hop: 32)
    self.model = model
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for i in 0..<12 {
      let noise = RandomStream(seed: 1, .samples, i).normal([700 + 30 * i]).elements
      try WAV.write(
        Sound(rate: 8000, channels: 1, samples: noise.map { Int16(1000 * $0) }),
        to: "\(folder)/\(i + 10).wav")
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func sounds() throws -> SoundSet {
    try SoundFolder(folder).load(
      segment: 256, unit: 8, format: SoundFormat(rate: 8000, channels: 1))
  }

  /// One more sound, the last, of float32 samples of which one is no number. Returns its path.
  func putBad(frames: Int, at place: Int) throws -> String {
    func bytes(_ value: UInt32, _ count: Int = 4) -> [UInt8] {
      (0..<count).map { UInt8(value >> (8 * $0) & 255) }
    }
    let noise = RandomStream(seed: 2, .samples).normal([frames]).elements
    let data = noise.enumerated().flatMap { i, value in
      bytes((i == place ? Float.nan : value / 32).bitPattern)
    }
    let format =
      bytes(3, 2) + bytes(1, 2) + bytes(8000) + bytes(32000) + bytes(4, 2) + bytes(32, 2)
    var file = Array("RIFF".utf8) + bytes(UInt32(36 + data.count)) + Array("WAVEfmt ".utf8)
    file += bytes(16) + format + Array("data".utf8) + bytes(UInt32(data.count)) + data
    let path = folder + "/99.wav"
    try Data(file).write(to: URL(fileURLWithPath: path))
    return path
  }

  /// Whether the sample lies in a window, or behind the last where only what is told sees it.
  @Test(arguments: [600, 1003]) func aBadFileIsNotScored(place: Int) throws {
    let glow = Glow(model, seed: 1)
    let rest = try Evaluation(of: glow, on: sounds())
    let path = try putBad(frames: 1004, at: place)
    let result = try Evaluation(of: glow, on: sounds())
    #expect(result.bad.map(\.path) == [path])
    #expect(result.scores.map(\.path) == rest.scores.map(\.path))
    #expect(result.dimensions == rest.dimensions && abs(result.mean - rest.mean) < 1e-4)
  }

  /// A file whose only bad sample lies beside what is drawn of it is passed over, and batches are
  /// the same whether that was known before or not.
  @Test func aBadFileIsNotDrawn() throws {
    let path = try putBad(frames: 300, at: 299)
    let set = try sounds()
    var options = TrainingOptions()
    options.batch = 8
    func batches() throws -> [Batch] {
      let source = BatchSource(
        set, model.format, options, telling: ConditionSource(model, set))
      return try (0..<10).map { try source.batch($0) }
    }
    let (first, second) = (try batches(), try batches())
    #expect(set.bad.map(\.path) == [path])
    for (a, b) in zip(first, second) {
      #expect(a.samples == b.samples && a.condition == b.condition)
      #expect(a.condition?.count == 8 * 9 * 8)
    }
    let trainer = try Trainer(Glow(model, seed: 1), sounds(), options)
    for _ in 0..<10 { try trainer.step() }
  }

  /// What is told of a window that begins where a frame of the whole file's spectrum is centred is
  /// that spectrum from there on.
  @Test func aWindowIsToldItsPartOfTheSpectrum() throws {
    let set = try sounds()
    let (told, spectrum) = (
      try #require(ConditionSource(model, set)), try #require(model.melSpectrum)
    )
    for file in [0, 7] {
      let whole = spectrum.of(try WAV.read(set.paths[file]).sound)
      for first in [0, 3, 10] {
        let window = ExampleWindow(file: file, start: 32 * first, width: 256)
        let part = Array(whole[8 * first..<8 * (first + 9)])
        #expect(try told.values(of: [window]) == part, "frame \(first)")
      }
    }
  }
}
