import Foundation
import Media
import Testing

@Suite struct SoundSetTests {
  private func draw(_ set: SoundSet, _ i: Int, seed: UInt64) throws -> [Int16] {
    var generator = Random(seed: seed)
    var samples = [Int16](repeating: 0, count: set.segment * set.format.channels)
    _ = try samples.withUnsafeMutableBufferPointer { try set.draw(i, using: &generator, into: $0) }
    return samples
  }

  private func read(_ set: SoundSet, _ window: ExampleWindow) throws -> [Int16] {
    var samples = [Int16](repeating: 0, count: window.width * set.format.channels)
    try samples.withUnsafeMutableBufferPointer { try set.read(window, into: $0) }
    return samples
  }

  /// A ramp tells where a stretch begins.
  private func ramp(_ frames: Int, from start: Int = 1) -> [Int16] {
    (start..<start + frames).map { Int16(2 * $0) }
  }

  @Test func examplesAndWindowsCoverTheFiles() throws {
    let folder = try TemporaryFolder()
    for (i, frames) in [39, 16, 15, 7, 33].enumerated() {
      try folder.putSound("\(i).wav", ramp(frames, from: 100 * i + 1))
    }
    let sounds = try SoundFolder(folder.path)
    let set = try sounds.load(segment: 16, unit: 8, format: try sounds.format())
    #expect(set.count == 5 && (0..<5).map(set.file(ofExample:)) == [0, 0, 1, 4, 4])
    let all = set.windows.map { [$0.file, $0.start, $0.width] }
    #expect(all == [[0, 0, 16], [0, 16, 16], [1, 0, 16], [2, 0, 8], [4, 0, 16], [4, 16, 16]])
    #expect(set.leftOut == 7 + 7 + 7 + 1)
    #expect(set.notes.isEmpty && set.countWithoutSegment == 1)
    #expect(
      set.windowNotes == [
        "1 sound shorter than 8 frames left out",
        "22 frames at the ends of sounds left out of the scores",
      ])
    for window in set.windows {
      let expected = ramp(window.width, from: 100 * window.file + 1 + window.start)
      #expect(try read(set, window) == expected)
    }
    let part = set.subset([4, 2])
    #expect(part.count == 2 && part.windows.map(\.file) == [0, 0, 1])
    #expect(part.paths == [set.paths[4], set.paths[2]] && part.leftOut == 8)
    #expect(try read(part, part.windows[2]) == ramp(8, from: 201))
    let left = try sounds.load(
      segment: 16, unit: 8, format: try sounds.format(), leavingOut: [0, 3])
    #expect(left.paths == [1, 2, 4].map { set.paths[$0] })
    let long = try sounds.load(segment: 40, unit: 8, format: try sounds.format())
    #expect(long.count == 0 && !long.windows.isEmpty, "scored, but not learnt from")
    #expect(
      try fileError { _ = try sounds.load(segment: 40, unit: 40, format: try sounds.format()) }
        .reason == "holds no sound as long as 40 frames at 8000 Hz")
  }

  /// What is learned of a sound and what is held out at its end share no frame.
  @Test func endsAreHeldOut() throws {
    let folder = try TemporaryFolder()
    try folder.putSound("0.wav", ramp(1003))
    try folder.putSound("1.wav", ramp(40, from: 2001))
    let sounds = try SoundFolder(folder.path)
    let set = try sounds.load(segment: 16, unit: 8, format: try sounds.format())
    let (starts, ends) = try #require(set.holdingOutEnds(0.1))
    #expect(starts.stretches == [0..<903, 0..<40] && ends.stretches == [903..<1003])
    #expect(ends.paths == [set.paths[0]] && ends.leftOut == 4)
    #expect(ends.windows.map(\.start) == [903, 919, 935, 951, 967, 983])
    #expect(try read(ends, ends.windows[0]) == ramp(16, from: 904))
    for seed in 0..<200 { #expect(try draw(starts, 55, seed: UInt64(seed)).max() ?? 0 <= 2 * 903) }
    let firsts = try (0..<200).map { try Int(draw(ends, 0, seed: UInt64($0))[0]) / 2 - 1 }
    #expect(firsts.min() == 903 && firsts.max() == 987 && firsts.count { $0 == 903 } < 40)
    #expect(try ends.sound(0).samples == ramp(100, from: 904))
    #expect(try set.subset([1]).sound(0).samples == ramp(40, from: 2001))
    #expect(set.subset([1]).holdingOutEnds(0.1) == nil, "of less than four segments")
    #expect(try #require(set.holdingOutEnds(0.5)).ends.stretches == [502..<1003])
  }

  /// Of 20 places from half a segment before to half of one behind, nine come to each end.
  @Test func endsAreDrawnMoreOftenAndNothingIsPadded() throws {
    let folder = try TemporaryFolder()
    try folder.putSound("a.wav", channels: 2, ramp(19).flatMap { [$0, -$0] })
    let sounds = try SoundFolder(folder.path)
    let set = try sounds.load(segment: 16, unit: 16, format: try sounds.format())
    var starts = [Int](repeating: 0, count: 4)
    for seed in 0..<400 {
      let samples = try draw(set, 0, seed: UInt64(seed))
      let start = Int(samples[0]) / 2 - 1
      #expect(samples == ramp(16, from: start + 1).flatMap { [$0, -$0] })
      starts[start] += 1
    }
    #expect([starts[0], starts[3]].allSatisfy { (140...220).contains($0) }, "\(starts)")
    #expect([starts[1], starts[2]].allSatisfy { (5...40).contains($0) }, "\(starts)")
    #expect(try draw(set, 0, seed: 1) == draw(set, 0, seed: 1))
  }

  @Test func silenceIsNeverDrawn() throws {
    let folder = try TemporaryFolder()
    // One channel is always silent; the other for half of the time, give or take a step.
    let samples = (0..<600).flatMap { [Int16(7), Int16($0 < 300 ? $0 % 2 : 2 * $0)] }
    try folder.putSound("a.wav", channels: 2, samples)
    try folder.putSound("b.wav", channels: 2, [Int16](repeating: -1, count: 64))
    let sounds = try SoundFolder(folder.path)
    let set = try sounds.load(segment: 16, unit: 16, format: try sounds.format())
    for seed in 0..<100 {
      let drawn = try draw(set, 0, seed: UInt64(seed))
      #expect(drawn.contains { $0 > 7 })
    }
    // the next file takes the place of one that is all silence
    #expect(try draw(set, set.count - 1, seed: 1).contains { $0 > 7 })
    let alone = set.subset([1])
    #expect(try fileError { _ = try draw(alone, 0, seed: 1) }.reason.contains("silence"))
  }

  @Test func everySoundIsBroughtToTheFormat() throws {
    let folder = try TemporaryFolder()
    let steps: [Int16] = noiseSamples(3000).map { $0 / 2 }
    try folder.putSound("0.wav", rate: 16_000, channels: 2, steps)
    try folder.putSound("1.wav", noiseSamples(900))
    let wide = RawWAV(bits: 24, data: RawWAV.pcm(24, [Int](repeating: 0x7FFFFF, count: 500)))
    try folder.put("2.wav", wide.bytes)
    let sounds = try SoundFolder(folder.path)
    let set = try sounds.load(segment: 64, unit: 8, format: SoundFormat(rate: 8000, channels: 1))
    #expect(set.count == 750 / 64 + 900 / 64 + 500 / 64)
    #expect(
      set.notes == [
        "1 sound resampled to 8000 Hz", "1 sound mixed to mono",
        "1 sound of more than 16 bits rounded to 16",
      ])
    _ = try draw(set, 0, seed: 1)
    #expect(set.clamped == 0)
    let last = try #require(set.windows.last)
    #expect(try read(set, last) == [Int16](repeating: .max, count: last.width))
    // what is read around a window is not counted again
    #expect(try set.mirrored(-8..<8, ofFile: 2) == [Int16](repeating: .max, count: 16))
    #expect(set.clamped == last.width && set.subset([0]).clamped == set.clamped)
  }

  @Test func aFileFoundBadLaterIsReplacedByTheNextOfItsClass() throws {
    let folder = try TemporaryFolder()
    for i in 10..<30 { try folder.putSound("c\(i % 2)/\(i).wav", ramp(16, from: 100 * i)) }
    let sounds = try SoundFolder(folder.path)
    let set = try sounds.load(segment: 16, unit: 16, format: try sounds.format())
    #expect(set.count == 20 && set.bad.isEmpty)
    func spoil(_ i: Int) throws { try Data([1]).write(to: URL(fileURLWithPath: set.paths[i])) }
    let part = set.subset([3, 12, 7])  // Labels 0, 1, 0.
    #expect(part.labels == [0, 1, 0])
    try spoil(3)
    #expect(try draw(part, 0, seed: 1) == read(set, set.windows[7]))
    #expect(set.bad.map(\.path) == [set.paths[3]])
    #expect(try fileError { _ = try read(set, set.windows[3]) }.path == set.paths[3])
    // Another sound in its place is no better.
    try WAV.write(
      Sound(rate: 8000, channels: 1, samples: ramp(17)), to: set.paths[4])
    let changed = try fileError { _ = try read(set, set.windows[4]) }
    #expect(changed.description == "\(set.paths[4]): has changed since its folder was read")
    #expect(try draw(set, 3, seed: 1) == read(set, set.windows[5]))
    try spoil(5)
    #expect(
      try fileError { _ = try draw(set, 5, seed: 1) }.reason.hasPrefix("3 of 20 sounds can't"))
  }

  @Test func whatTheSurveyFoundBadIsNotInTheSet() throws {
    let folder = try TemporaryFolder()
    for i in 10..<20 { try folder.putSound("\(i).wav", ramp(16)) }
    let odd = RawWAV(codec: 3, bits: 32, data: RawWAV.float(32, [0, .nan]))
    try folder.put("12.wav", odd.bytes)
    let sounds = try SoundFolder(folder.path)
    let survey = SoundSurvey(sounds)
    let set = try sounds.load(
      segment: 16, unit: 16, format: try sounds.format(), failures: survey.failures)
    #expect(set.paths.count == 9 && set.bad == survey.bad)
    #expect(set.notes == ["passed over \(survey.bad[0])"])
    try folder.put("13.wav", odd.bytes)
    let again = try SoundFolder(folder.path)
    let error = try fileError {
      _ = try again.load(
        segment: 16, unit: 16, format: try again.format(), failures: SoundSurvey(again).failures)
    }
    #expect(error.reason.hasPrefix("2 of 10 sounds can't be read, the first: "))
  }

  @Test func manyThreadsMayRead() throws {
    let folder = try TemporaryFolder()
    for i in 0..<4 { try folder.putSound("\(i).wav", rate: 11_025, noiseSamples(5000)) }
    let sounds = try SoundFolder(folder.path)
    let set = try sounds.load(segment: 512, unit: 8, format: SoundFormat(rate: 8000, channels: 1))
    let expected = try (0..<40).map { try draw(set, $0 % set.count, seed: UInt64($0)) }
    let prefetcher = Prefetcher(start: 0) { try self.draw(set, $0 % set.count, seed: UInt64($0)) }
    for i in 0..<40 {
      _ = try read(set, set.windows[i % set.windows.count])
      #expect(try prefetcher.next() == expected[i])
    }
  }
}
