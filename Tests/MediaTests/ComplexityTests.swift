import Media
import Testing

/// What lossless packers need, as a measure of complexity.
@Suite struct ComplexityTests {
  /// Words that nothing can pack (Knuth's linear congruences, their upper bits).
  private static func noise(_ count: Int) -> [UInt16] {
    var state: UInt64 = 1
    return (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return UInt16(truncatingIfNeeded: state >> 48)
    }
  }

  @Test func ofSounds() throws {
    let noise = Self.noise(8000).map { Int16(bitPattern: $0) }
    func bytes(_ samples: [Int16]) throws -> Int {
      try FLAC.encodedBytes(Sound(rate: 8000, channels: 1, samples: samples), "a.wav")
    }
    let (silent, loud) = (try bytes(Array(repeating: 0, count: 8000)), try bytes(noise))
    #expect(silent < 100)
    // noise can't be packed, and little is added to it
    #expect(loud > 15_900 && loud < 16_300)
    #expect(abs(try bytes(noise + noise) - 2 * loud) < 100, "no metadata is counted")
  }

  @Test func ofImages() throws {
    let noise = Self.noise(4096).map { UInt8($0 >> 8) }
    func bytes(_ pixels: [UInt8]) throws -> Int {
      try PNG.encodedBytes(Image(width: 64, height: 64, channels: 1, pixels: pixels), "a.png")
    }
    #expect(try bytes(Array(repeating: 7, count: 4096)) < 200)
    #expect(try bytes(noise) > 4000)
  }

  @Test func cellsOfText() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/a.csv"
    try AtomicFile.write("file,kind\n\"a, \"\"b\"\".png\",good\nc.png,\n", to: path)
    #expect(
      try CSV.cells(reading: path) == [
        ["file", "kind"], ["a, \"b\".png", "good"], ["c.png", ""],
      ])
    try AtomicFile.write("a,b\nc\n", to: path)
    #expect(throws: FileError.self) { try CSV.cells(reading: path) }
  }
}
