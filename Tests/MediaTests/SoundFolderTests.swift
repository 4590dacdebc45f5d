import Foundation
import Media
import Testing

extension TemporaryFolder {
  @discardableResult
  func putSound(_ name: String, rate: Int = 8000, channels: Int = 1, _ samples: [Int16]) throws
    -> String
  {
    let file = try put(name, [0])
    try WAV.write(Sound(rate: rate, channels: channels, samples: samples), to: file)
    return file
  }
}

@Suite struct SoundFolderTests {
  @Test func findsWhatItShouldInOrder() throws {
    let folder = try TemporaryFolder()
    for name in ["b/2.wav", "b/deep/1.WAVE", "a/1.Wav", ".hidden.wav", ".dir/x.wav"] {
      try folder.putSound(name, [1, 2])
    }
    try folder.put("a/1.png", [1])
    try folder.put("a/bad.wav", Array("fLaC".utf8))
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/a/link.wav", withDestinationPath: "1.Wav")
    let sounds = try SoundFolder(folder.path)
    let names = sounds.files.map { String($0.path.dropFirst(folder.path.count + 1)) }
    #expect(names == ["a/1.Wav", "b/2.wav", "b/deep/1.WAVE"])
    #expect(sounds.classes == ["a", "b"])
    #expect(sounds.files.map(\.header.frames) == [2, 2, 2])
    #expect(sounds.bad.map(\.description) == ["\(folder.path)/a/bad.wav: is not a WAV file"])
  }

  @Test func foldersWithoutSoundsSayWhy() throws {
    let folder = try TemporaryFolder()
    func reason(_ path: String) throws -> String {
      try fileError { _ = try SoundFolder(path) }.reason
    }
    #expect(try reason(folder.path) == "holds no WAV files")
    #expect(try reason("\(folder.path)/none") == "does not exist")
    let file = try folder.put("a.wav", [UInt8]())
    #expect(try reason(file) == "is not a folder")
    #expect(
      try reason(folder.path) == "holds no WAV file that can be read, the first: \(file): is empty")
  }

  @Test func mixedFormatsNameTheFirstTwoFiles() throws {
    let folder = try TemporaryFolder()
    let paths = try [(8000, 1), (8000, 1), (8000, 2), (44_100, 2), (44_100, 2), (44_100, 2)]
      .enumerated().map { i, format in
        try folder.putSound("\(i).wav", rate: format.0, channels: format.1, [1, 2])
      }
    let sounds = try SoundFolder(folder.path)
    let rates = try fileError { _ = try sounds.format(mono: true) }
    #expect(rates.path == folder.path && rates.kind == .malformed)
    #expect(
      rates.reason
        == "holds sounds of different rates: \(paths[0]) has 8000 Hz, \(paths[3]) has 44100 Hz")
    #expect(rates.remedy == .resample)
    let channels = try fileError { _ = try sounds.format(resample: true) }
    #expect(
      channels.reason
        == "holds sounds of different channels: \(paths[0]) has 1 channel, \(paths[2]) has 2"
        + " channels")
    #expect(channels.remedy == .mixChannels)
    #expect(
      try sounds.format(resample: true, mono: true) == SoundFormat(rate: 44_100, channels: 1))
    #expect(try sounds.format(rate: 11_025, mono: true) == SoundFormat(rate: 11_025, channels: 1))
  }

  @Test func theTypicalLengthIsThatOfNineFilesInTen() throws {
    let folder = try TemporaryFolder()
    for i in 0..<20 { try folder.putSound("\(i).wav", noiseSamples(i < 2 ? 10 : 1000 + 10 * i)) }
    let sounds = try SoundFolder(folder.path)
    let format = try sounds.format()
    #expect(sounds.typicalLength(format) == 1020)
    let short = Set(sounds.files.indices.filter { sounds.files[$0].header.frames == 10 })
    #expect(sounds.typicalLength(format, leavingOut: short) == 1030)
    #expect(sounds.typicalLength(SoundFormat(rate: 96_000, channels: 1)) == 12_240)
  }
}
