import Foundation
import Media
import Testing

@Suite struct WAVTests {
  @Test(arguments: RawWAV.Kind.allCases, [1, 2, 3, 8])
  func storedSamplesAreExact(kind: RawWAV.Kind, channels: Int) throws {
    let folder = try TemporaryFolder()
    func check(
      _ codec: Int, _ bits: Int, _ encoding: WAV.Encoding, _ data: [UInt8], _ expected: [Int16],
      clamped: Int = 0
    ) throws {
      let comment: Comment = "\(kind) \(encoding), \(channels) channels"
      let wav = RawWAV(
        kind: kind, rate: 44_100, channels: channels, codec: codec, bits: bits, data: data)
      let path = try folder.put("a.wav", wav.bytes)
      let header = try WAV.header(of: path)
      #expect(header.rate == 44_100 && header.channels == channels, comment)
      #expect(header.frames == expected.count / channels && header.encoding == encoding, comment)
      let read = try WAV.read(path)
      #expect(read.sound.samples == expected && read.clamped == clamped, comment)
    }
    let samples = noiseSamples(24 * 5001)
    try check(1, 16, .pcm16, RawWAV.pcm(16, samples.map(Int.init)), samples)
    let bytes = samples.map { Int($0) >> 8 }
    try check(1, 8, .pcm8, RawWAV.pcm(8, bytes), bytes.map { Int16($0 * 256) })
    // Halves go away from zero, and what rounds to 32768 is clamped.
    let fine = [0, 127, 128, 129, -127, -128, -129, 384, 0x7FFF7F, 0x7FFF80, -0x800000, 256]
    let rounded: [Int16] = [0, 0, 1, 1, 0, -1, -1, 2, 32767, 32767, -32768, 1]
    for (codec, bits, encoding) in [(1, 24, WAV.Encoding.pcm24), (1, 32, .pcm32)] {
      let values = (fine + fine).map { $0 << (bits - 24) }
      try check(
        codec, bits, encoding, RawWAV.pcm(bits, values), rounded + rounded, clamped: 2)
    }
    let floats = [0, 0.5, 1, -1, 1.5, -1e9, 1.5 / 32768, -0.5 / 32768, 0.49 / 32768, 0.999, -2, 0]
    let heard: [Int16] = [0, 16384, 32767, -32768, 32767, -32768, 2, -1, 0, 32735, -32768, 0]
    for (bits, encoding) in [(32, WAV.Encoding.float32), (64, .float64)] {
      let data = RawWAV.float(bits, floats + floats)
      try check(3, bits, encoding, data, heard + heard, clamped: 8)
    }
  }

  @Test(arguments: [1, 2, 8]) func everySampleSurvivesWritingAndReading(channels: Int) throws {
    let folder = try TemporaryFolder()
    let sound = Sound(rate: 8000, channels: channels, samples: Array(Int16.min...Int16.max))
    let path = "\(folder.path)/a.wav"
    for _ in 0..<2 { try WAV.write(sound, to: path) }
    let read = try WAV.read(path)
    #expect(read.sound == sound && read.clamped == 0)
    let stored = RawWAV.pcm(16, sound.samples.map(Int.init))
    #expect(try WholeFile.read(path) == RawWAV(channels: channels, data: stored).bytes)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.wav"])
  }

  @Test func whatIsNoNumberIsRefused() throws {
    let folder = try TemporaryFolder()
    for bits in [32, 64] {
      for odd in [Double.nan, .infinity, -.infinity] {
        var values = [Double](repeating: 0.25, count: 20_000)
        values[12_345] = odd
        let data = RawWAV.float(bits, values)
        let wav = RawWAV(channels: 2, codec: 3, bits: bits, data: data)
        let error = try fileError { _ = try WAV.read(folder.put("a.wav", wav.bytes)) }
        #expect(error.reason == "holds a sample that is not a finite number, in frame 6172")
      }
    }
  }

  @Test func stretchesEqualTheWhole() throws {
    let folder = try TemporaryFolder()
    var generator = Random(seed: 3)
    for (codec, bits) in [(1, 8), (1, 16), (1, 24), (1, 32), (3, 32), (3, 64)] {
      let values = noiseSamples(3 * 12_000).map { Double($0) / 30_000 }
      let data =
        codec == 3
        ? RawWAV.float(bits, values)
        : RawWAV.pcm(bits, values.map { Int($0 / 1.1 * Double(1 << (bits - 1))) })
      let wav = RawWAV(channels: 3, codec: codec, bits: bits, data: data)
      let path = try folder.put("a.wav", wav.bytes)
      let whole = try WAV.read(path).sound
      let reader = try WAV.Reader(path)
      for _ in 0..<50 {
        let start = Int.random(in: 0...12_000, using: &generator)
        let end = Int.random(in: start...12_000, using: &generator)
        var part = [Int16](repeating: 7, count: 3 * (end - start))
        _ = try part.withUnsafeMutableBufferPointer { try reader.read(start..<end, into: $0) }
        #expect(part[...] == whole.samples[3 * start..<3 * end], "\(bits) bits, \(start)..<\(end)")
      }
    }
  }

  @Test func whatIsWrongIsSaid() throws {
    let folder = try TemporaryFolder()
    func check(_ bytes: [UInt8], _ reason: String, line: Int = #line) throws {
      let path = try folder.put("a.wav", bytes)
      let error = try fileError { _ = try WAV.header(of: path) }
      let comment: Comment = "line \(line)"
      #expect(error.reason == reason && error.path == path && error.kind == .malformed, comment)
      #expect(try fileError { _ = try WAV.read(path) } == error, comment)
    }
    let good = RawWAV(channels: 2, data: noise(400))
    func changed(_ change: (inout RawWAV) -> Void) -> [UInt8] {
      var wav = good
      change(&wav)
      return wav.bytes
    }
    try check([], "is empty")
    try check(Array("RIFF".utf8), "is not a WAV file")
    for other in ["fLaC and more of it", "OggS", "FORM....AIFF", "RIFF....AVI ", "RIFX....WAVE"] {
      try check(Array(other.utf8), "is not a WAV file")
    }
    try check(Array("RIFF....WAVE".utf8), "holds no sound")
    try check(good.bytes.dropLast(400 + 8), "holds no sound")
    try check(changed { $0.data = [] }, "holds no sound")
    try check(
      good.bytes.dropLast(101),
      "is truncated: its header promises 400 bytes of sound, 299 are there")
    try check(
      changed { $0.dataSize = 0xFFFF_FFFF },
      "is truncated: its header promises 4294967295 bytes of sound, 400 are there")
    for size in [401, Int.max, -1] {
      try check(
        changed { ($0.kind, $0.dataSize) = (.rf64, size) },
        "is truncated: its header promises \(UInt(bitPattern: size)) bytes of sound, 400 are there")
    }
    try check(
      changed { $0.between = RawWAV.chunk("LIST", [1, 2], size: 5000) },
      "is truncated: it ends before its sound begins")
    try check(
      changed { $0.dataSize = 398 }, "is damaged: its sound of 398 bytes ends inside a frame")
    try check(
      changed { $0.data = noise(402) }, "is damaged: its sound of 402 bytes ends inside a frame")
    try check(
      changed { $0.first = RawWAV.chunk("data", [1, 2]) },
      "is damaged: it has no format before its sound")
    try check(
      changed { $0.first = RawWAV.chunk("fmt ", [1, 0]) },
      "is damaged: its format takes 2 bytes instead of 16")
    var withoutSize = changed { $0.kind = .rf64 }
    withoutSize.replaceSubrange(12..<16, with: "JUNK".utf8)
    try check(withoutSize, "is damaged: it has no ds64 chunk with the size of its sound")
    try check(
      changed { $0.first = (0..<4096).flatMap { _ in RawWAV.chunk("JUNK", []) } },
      "has more than 4096 chunks")
    for (codec, name) in [
      (2, "Microsoft ADPCM"), (6, "A-law"), (7, "mu-law"), (0x11, "IMA ADPCM"), (0x31, "GSM 6.10"),
      (0x55, "MP3"),
    ] {
      for kind in [RawWAV.Kind.plain, .extensible] {
        try check(
          changed { ($0.kind, $0.codec, $0.bits) = (kind, codec, 8) },
          "is compressed: \(name); only PCM and float are read")
      }
    }
    try check(changed { $0.codec = 999 }, "holds codec 999; only PCM and float are read")
    var unknown = changed { $0.kind = .extensible }
    unknown[50] ^= 1
    try check(unknown, "holds sound of an unknown kind; only PCM and float are read")
    for channels in [0, 9, 65_535] {
      try check(
        changed { ($0.channels, $0.bytesPerFrame) = (channels, 4) },
        "has \(channels) channels; only 1 to 8 are read")
    }
    for rate in [0, 768_001, 0xFFFF_FFFF] {
      try check(changed { $0.rate = rate }, "has a rate of \(rate) Hz; only 1 to 768000 are read")
    }
    for bits in [0, 1, 12, 20, 64] {
      try check(
        changed { $0.bits = bits },
        "has \(bits) bits per sample; only PCM of 8, 16, 24 or 32 is read")
    }
    try check(
      changed { ($0.codec, $0.bits) = (3, 16) },
      "has 16 bits per sample; only float of 32 or 64 is read")
    for stated in [0, 2, 8] {
      try check(
        changed { $0.bytesPerFrame = stated },
        "is damaged: it says \(stated) bytes per frame, but 2 × 16 bits are 4")
    }
    #expect(try fileError { _ = try WAV.Reader(folder.path) }.reason == "is a directory")
    #expect(try fileError { _ = try WAV.Reader("/dev/null") }.reason == "is not a regular file")
    let missing = try fileError { _ = try WAV.header(of: "\(folder.path)/none.wav") }
    #expect(missing.kind == .missing && missing.reason == "does not exist")
  }

  /// Chunks that a file may well have, odd sizes among them, before and after its sound.
  @Test(arguments: RawWAV.Kind.allCases)
  func otherChunksArePassedOver(kind: RawWAV.Kind) throws {
    let folder = try TemporaryFolder()
    var wav = RawWAV(kind: kind, data: RawWAV.pcm(16, [1, -2, 3]))
    wav.first = RawWAV.chunk("JUNK", noise(29)) + RawWAV.chunk("bext", noise(602))
    wav.between = RawWAV.chunk("fact", [3, 0, 0, 0]) + RawWAV.chunk("iXML", noise(70_001))
    let bytes = wav.bytes + RawWAV.chunk("LIST", Array("INFOISFT".utf8) + [2, 0, 0, 0, 65, 0])
    let path = try folder.put("a.wav", bytes)
    #expect(try WAV.read(path).sound == Sound(rate: 8000, channels: 1, samples: [1, -2, 3]))
  }

  @Test func longFilesAreReadByTheirParts() throws {
    let folder = try TemporaryFolder()
    /// A hole of this many bytes, with three samples at the end.
    func long(_ size: Int) throws -> String {
      let wav = RawWAV(kind: .rf64, data: [], dataSize: size)
      let path = try folder.put("long.wav", wav.bytes)
      let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
      try file.truncate(atOffset: UInt64(wav.bytes.count + size - 6))
      try file.seekToEnd()
      try file.write(contentsOf: RawWAV.pcm(16, [5, 6, 7]))
      try file.close()
      return path
    }
    let path = try long(1 << 34)
    let reader = try WAV.Reader(path)
    let frames = reader.header.frames
    #expect(frames == 1 << 33)
    var end = [Int16](repeating: 9, count: 4)
    _ = try end.withUnsafeMutableBufferPointer { try reader.read(frames - 4..<frames, into: $0) }
    #expect(end == [0, 5, 6, 7])
    #expect(
      try fileError { _ = try WAV.read(path) }.reason
        == "is 8589934592 frames long; a whole sound has at most 2147483648 bytes")
    #expect(
      try fileError { _ = try WAV.header(of: long((1 << 36) + 2)) }.reason
        == "holds 68719476738 bytes of sound; the limit is 68719476736")
  }

  @Test func filesThatShrinkSaySo() throws {
    let folder = try TemporaryFolder()
    for bits in [16, 24] {
      let wav = RawWAV(bits: bits, data: noise(60_000))
      let path = try folder.put("a.wav", wav.bytes)
      let reader = try WAV.Reader(path)
      #expect(truncate(path, 30_000) == 0)
      var samples = [Int16](repeating: 0, count: 1000)
      let error = try fileError {
        try samples.withUnsafeMutableBufferPointer {
          _ = try reader.read(reader.header.frames - 1000..<reader.header.frames, into: $0)
        }
      }
      #expect(error.description == "\(path): was cut short while it was read")
    }
  }

  /// Damage is an error or a sound of the shape that the header gives, and never anything worse.
  @Test(arguments: RawWAV.Kind.allCases) func damageIsHarmless(kind: RawWAV.Kind) throws {
    let folder = try TemporaryFolder()
    var generator = Random(seed: 11)
    var (errors, sounds) = (0, 0)
    for i in 0..<1200 {
      let float = i % 3 == 0
      var wav = RawWAV(kind: kind, channels: 2, codec: float ? 3 : 1, bits: float ? 32 : 24)
      wav.data = float ? RawWAV.float(32, [Double](repeating: 0.5, count: 96)) : noise(6 * 48)
      wav.between = RawWAV.chunk("LIST", noise(9))
      var bytes = wav.bytes + RawWAV.chunk("smpl", noise(20))
      let header = bytes.count - wav.data.count
      for _ in 0...Int.random(in: 0...3, using: &generator) {
        let place = Int.random(in: 0..<(i % 2 == 0 ? header : bytes.count), using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
        case 2: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
        default: bytes.remove(at: place)
        }
      }
      let path = try folder.put("a.wav", bytes)
      do {
        let sound = try WAV.read(path).sound
        let header = try WAV.header(of: path)
        #expect(sound.rate == header.rate && sound.channels == header.channels)
        #expect(sound.frames == header.frames && sound.samples.count <= bytes.count)
        sounds += 1
      } catch let error as FileError {
        #expect(error.path == path && !error.description.contains { $0.isNewline })
        errors += 1
      }
    }
    #expect(errors > 300 && sounds > 100, "the damage is neither all fatal nor all harmless")
  }

  @Test func whatCannotBeWrittenSaysWhy() throws {
    let folder = try TemporaryFolder()
    let sound = Sound(rate: 8000, channels: 1, samples: [1, 2])
    let nowhere = try fileError { try WAV.write(sound, to: "\(folder.path)/none/a.wav") }
    #expect(nowhere.kind == .unwritable)
    #expect(nowhere.reason == "can't be written: its folder does not exist")
  }
}

/// A generator that gives the same numbers for the same seed.
struct Random: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    // SplitMix64.
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
