import Foundation
import Media
import Testing

@Suite struct SoundSurveyTests {
  @Test func findsTheFacts() throws {
    let folder = try TemporaryFolder()
    // Clipped: runs of three and four, each channel for itself; runs of two do not count.
    let top = Int16.max
    let left = [1, top, top, top, 2, top, top, 3, -32768, -32767, -32768, -32768, 0, 5]
    let right = [Int16](repeating: 0, count: 13) + [-7]
    try folder.putSound("0.wav", channels: 2, zip(left, right).flatMap { [$0, $1] })
    try folder.putSound("1.wav", (0..<5000).map { Int16($0 % 2 + 9) })  // Silent all along.
    try folder.putSound("2.wav", noiseSamples(40_000).map { $0 & ~255 })
    // 0.2 s of silence across a piece's border, and just less than 0.1 s later.
    var samples = noiseSamples(70_000, seed: 2).map { $0 / 2 | 1 }
    for i in 32_000..<33_600 { samples[i] = 4 }
    for i in 50_000..<50_799 { samples[i] = -4 }
    samples[31_999] = 100
    samples[33_600] = 100
    try folder.putSound("3.wav", samples)
    let odd = RawWAV(codec: 3, bits: 32, data: RawWAV.float(32, [0, .nan]))
    try folder.put("4.wav", odd.bytes)
    let loud = RawWAV(codec: 3, bits: 32, data: RawWAV.float(32, [0, 2, 0.2]))
    try folder.put("5.wav", loud.bytes)
    try folder.putSound("6.wav", noiseSamples(100).map { $0 & ~1 | 2 })

    let sounds = try SoundFolder(folder.path)
    let survey = SoundSurvey(sounds)
    #expect(survey.files.map { $0?.clipped } == [7, 0, 0, 0, nil, 0, 0])
    #expect(survey.silent == [1] && survey.suspicious == [2, 6])
    #expect(survey.files[2]?.step == 256 && survey.files[6]?.step == 2)
    #expect(survey.files[3]?.silentFrames == 1600 && survey.files[3]?.silentStretches == 1)
    #expect(survey.files[1]?.silentFrames == 5000)
    #expect(survey.files[0]?.sum == left.reduce(0) { $0 + Int($1) } - 7)
    #expect(survey.files[3]?.sum == samples.reduce(0) { $0 + Int($1) })
    #expect(survey.peak == 1 && survey.clamped == 1)
    #expect(survey.bad.map(\.path) == [sounds.files[4].path])
    #expect(survey.failures.keys.sorted() == [4])
    #expect(abs(survey.seconds - 115_117.0 / 8000) < 1e-9)
    let faults = SoundFaults(sounds)
    #expect(faults.silent == [1] && faults.suspicious == [2, 6])
    let lines = survey.lines
    #expect(lines.count == 3)
    #expect(
      lines[0].text.hasPrefix("6 sounds, 14.4 seconds at 8000 Hz, mono and stereo; peak 0.0 dB;"))
    #expect(
      lines[0].text.contains("; 7 clipped samples in 1 file; 1 clamped sample in 1 file; DC "))
    #expect(lines[0].text.hasSuffix("; silence 5.7 % in 2 stretches"))
    #expect(lines[1] == "silent: 1 file of nothing but silence")
    #expect(
      lines[2].text
        == "suspicious: 2 files hold multiples of 2 to 256 only (15-bit sound or less in 16 bits,"
        + " which flatters any model), the first: \(sounds.files[2].path)")
    #expect(lines[2].remedy == .leaveOutSuspicious)
  }

  @Test func oneFileIsSingular() throws {
    let folder = try TemporaryFolder()
    let path = try folder.putSound("a.wav", (0..<80).map { $0 % 2 == 0 ? 8192 : -16_384 })
    #expect(
      SoundSurvey(try SoundFolder(folder.path)).lines.map(\.text) == [
        "1 sound, 0.0 seconds at 8000 Hz, mono; peak −6.0 dB; no clipped samples; DC −12.50 %;"
          + " silence 0.0 % in 0 stretches",
        "suspicious: 1 file holds multiples of 8192 only (3-bit sound in 16 bits, which flatters"
          + " any model), the first: \(path)",
      ])
  }
}
