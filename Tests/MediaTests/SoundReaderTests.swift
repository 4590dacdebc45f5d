import Foundation
import Testing

@testable import Media

@Suite struct SoundReaderTests {
  private func read(_ reader: SoundReader, _ range: Range<Int>) throws -> [Int16] {
    var samples = [Int16](repeating: 0, count: range.count * reader.format.channels)
    _ = try samples.withUnsafeMutableBufferPointer { try reader.read(range, into: $0) }
    return samples
  }

  @Test func monoIsTheRoundedMean() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/a.wav"
    let samples: [Int16] = [1, 2, -1, -2, 32767, 32767, -32768, -32768, 5, -6, 10, 20]
    try WAV.write(Sound(rate: 8000, channels: 2, samples: samples), to: path)
    let reader = try SoundReader(path, format: SoundFormat(rate: 8000, channels: 1))
    #expect(reader.frames == 6)
    #expect(try read(reader, 0..<6) == [2, -2, 32767, -32768, -1, 15])
    #expect(try read(reader, 2..<4) == [32767, -32768])
    #expect(try read(SoundReader(path), 1..<3) == [-1, -2, 32767, 32767])
  }

  @Test(
    arguments: [
      (44_100, 8000), (8000, 11_025), (8000, 48_000), (48_000, 44_100), (22_050, 44_100),
      (44_101, 8000), (200, 50_000), (50_000, 200),
    ])
  func stretchesEqualTheWhole(from: Int, to: Int) throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/a.wav"
    let count = from > 1000 && to > 1000 ? 60_000 : from > to ? 200_000 : 1500
    let samples = noiseSamples(2 * count).map { $0 / 2 }
    try WAV.write(Sound(rate: from, channels: 2, samples: samples), to: path)
    let reader = try SoundReader(path, format: SoundFormat(rate: to, channels: 2))
    let frames = count * to / from
    #expect(reader.frames == frames)
    let whole = try read(reader, 0..<frames)
    var generator = Random(seed: 5)
    for i in 0..<30 {
      let start = i == 0 ? 0 : Int.random(in: 0..<frames, using: &generator)
      let end = i == 1 ? frames : min(frames, start + Int.random(in: 1...4000, using: &generator))
      let part = try read(reader, start..<end)
      let difference = zip(part, whole[(2 * start)...]).map { abs(Int($0) - Int($1)) }.max()
      #expect(try #require(difference) <= 1, "\(from) to \(to) Hz, \(start)..<\(end)")
    }
  }

  /// A tone below both limits must come out as the same tone, without a shift in time.
  @Test(arguments: [(44_100, 8000), (8000, 11_025), (8000, 48_000)])
  func tonesStayWhereTheyAre(from: Int, to: Int) throws {
    func tone(_ rate: Int) -> [Int16] {
      (0..<rate).map { Int16((20_000 * sin(2 * .pi * 440 * Double($0) / Double(rate))).rounded()) }
    }
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/a.wav"
    try WAV.write(Sound(rate: from, channels: 1, samples: tone(from)), to: path)
    let reader = try SoundReader(path, format: SoundFormat(rate: to, channels: 1))
    let heard = try read(reader, 0..<reader.frames)
    #expect(heard.count == to)
    let expected = tone(to)
    let inner = to / 20..<to - to / 20  // The tone begins and ends abruptly.
    let difference = inner.map { abs(Int(heard[$0]) - Int(expected[$0])) }.max()
    #expect(try #require(difference) <= 3)
  }

  @Test func overshootIsClampedAndCounted() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/a.wav"
    let square = (0..<8000).map { $0 / 40 % 2 == 0 ? Int16.max : .min }
    try WAV.write(Sound(rate: 8000, channels: 1, samples: square), to: path)
    let reader = try SoundReader(path, format: SoundFormat(rate: 16_000, channels: 1))
    var samples = [Int16](repeating: 0, count: reader.frames)
    let clamped = try samples.withUnsafeMutableBufferPointer {
      try reader.read(0..<16_000, into: $0)
    }
    #expect((1000..<15_000).contains(clamped))
    #expect(samples.contains(.max) && samples.contains(.min))
  }

  @Test func whatCannotBeConvertedSaysWhy() throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/a.wav"
    try WAV.write(Sound(rate: 100, channels: 2, samples: [1, 2, 3, 4]), to: path)
    func reason(_ rate: Int, _ channels: Int) throws -> String {
      let format = SoundFormat(rate: rate, channels: channels)
      return try fileError { _ = try SoundReader(path, format: format) }.reason
    }
    #expect(try reason(100, 3) == "has 2 channels and not 3")
    #expect(
      try reason(25_601, 1)
        == "can't be brought from 100 Hz to 25601: that is more than a factor of 256")
    let most = try SoundReader(path, format: SoundFormat(rate: 25_600, channels: 1))
    #expect(try read(most, 0..<most.frames).count == 512)
  }
}
