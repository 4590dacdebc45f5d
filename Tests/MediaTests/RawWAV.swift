/// A WAV file of any kind and encoding, and whatever lies a header can tell.
struct RawWAV {
  enum Kind: CaseIterable { case plain, extensible, rf64 }

  var kind = Kind.plain
  var rate = 8000
  var channels = 1
  var codec = 1
  var bits = 16
  /// The sound as stored.
  var data: [UInt8] = []
  /// Nil tells the truth.
  var bytesPerFrame: Int?
  var dataSize: Int?
  /// Whole chunks before the format and before the sound.
  var first: [UInt8] = []
  var between: [UInt8] = []

  /// PCM samples from integers in the range of the encoding; 8 bits are signed here as well.
  static func pcm(_ bits: Int, _ values: [Int]) -> [UInt8] {
    values.flatMap { little(bits == 8 ? $0 + 128 : $0, bits / 8) }
  }

  static func float(_ bits: Int, _ values: [Double]) -> [UInt8] {
    values.flatMap {
      bits == 32
        ? little(Int(Float($0).bitPattern), 4) : little(Int(bitPattern: UInt($0.bitPattern)), 8)
    }
  }

  static func chunk(_ name: String, _ body: [UInt8], size: Int? = nil) -> [UInt8] {
    Array(name.utf8) + little(size ?? body.count, 4) + body
      + [UInt8](repeating: 0, count: body.count % 2)
  }

  static func little(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(value >> (8 * $0) & 255) }
  }

  var bytes: [UInt8] {
    let little = Self.little
    let frame = bytesPerFrame ?? channels * bits / 8
    let tag = kind == .extensible ? 0xFFFE : codec
    var format = little(tag, 2) + little(channels, 2) + little(rate, 4) + little(rate * frame, 4)
    format += little(frame, 2) + little(bits, 2)
    if kind == .extensible {
      format += little(22, 2) + little(bits, 2) + little(0, 4) + little(codec, 2)
      format += [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]
    }
    let size = dataSize ?? data.count
    let isLong = kind == .rf64
    let body = first + Self.chunk("fmt ", format) + between
    let sound = Self.chunk("data", data, size: isLong ? 0xFFFF_FFFF : size)
    let long = Self.chunk(
      "ds64",
      little(4 + 36 + body.count + sound.count, 8) + little(size, 8)
        + little(frame == 0 ? 0 : size / frame, 8) + little(0, 4))
    let content = Array("WAVE".utf8) + (isLong ? long : []) + body + sound
    return Array((isLong ? "RF64" : "RIFF").utf8)
      + little(isLong ? 0xFFFF_FFFF : content.count, 4) + content
  }
}

/// Fixed 16-bit samples without pattern.
func noiseSamples(_ count: Int, seed: UInt64 = 1) -> [Int16] {
  let bytes = noise(2 * count, seed: seed)
  return (0..<count).map {
    Int16(truncatingIfNeeded: Int(bytes[2 * $0]) << 8 | Int(bytes[2 * $0 + 1]))
  }
}
