extension WAV {
  /// The header of a file; its samples are not read.
  ///
  /// Throws a `FileError` if the file can't be read, is no WAV file, is truncated or damaged, is
  /// compressed, or is beyond `SoundFormat.rates`, `SoundFormat.channelCounts` or `byteLimit`.
  public static func header(of path: String) throws -> Header {
    try header(of: InputFile(path: path))
  }

  /// Walks the chunks up to the sound.
  static func header(of file: InputFile) throws -> Header {
    func malformed(_ reason: String) -> FileError {
      FileError(path: file.path, reason: reason, kind: .malformed)
    }
    guard file.count > 0 else { throw malformed("is empty") }
    let start = try file.bytes(min(12, file.count), at: 0)
    let isLong = start.starts(with: "RF64".utf8)
    guard isLong || start.starts(with: "RIFF".utf8), start.dropFirst(8).elementsEqual("WAVE".utf8)
    else { throw malformed("is not a WAV file") }

    var format: StoredFormat?
    var longSize: Int?
    var offset = start.count
    for _ in 0..<chunkLimit where offset + 8 <= file.count {
      let head = try file.bytes(8, at: offset)
      let size = littleEndian(head[4..<8])
      offset += 8
      // An RF64 gives the sound's size elsewhere.
      if head.starts(with: "data".utf8) {
        guard let format else { throw malformed("is damaged: it has no format before its sound") }
        let isElsewhere = isLong && size == 0xFFFF_FFFF
        guard let size = isElsewhere ? longSize : size else {
          throw malformed("is damaged: it has no ds64 chunk with the size of its sound")
        }
        do { return try format.header(ofSound: size, at: offset, in: file) } catch {
          throw malformed(error.text)
        }
      }
      let body = try file.bytes(min(size, 40, file.count - offset), at: offset)
      if head.starts(with: "fmt ".utf8) {
        do { format = try StoredFormat(body) } catch { throw malformed(error.text) }
      } else if isLong && head.starts(with: "ds64".utf8) && body.count >= 16 {
        longSize = littleEndian(body[8..<16])
      }
      offset += size + size % 2
    }
    if offset + 8 <= file.count { throw malformed("has more than \(chunkLimit) chunks") }
    throw malformed(
      offset > file.count ? "is truncated: it ends before its sound begins" : "holds no sound")
  }

  private static let chunkLimit = 4096
}

/// The number in some bytes, the lowest first.
private func littleEndian(_ bytes: ArraySlice<UInt8>) -> Int {
  bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
}

/// What a chunk named `fmt ` says, checked.
private struct StoredFormat {
  let rate: Int
  let channels: Int
  let encoding: WAV.Encoding
  let bytesPerFrame: Int

  init(_ body: [UInt8]) throws(Reason) {
    guard body.count >= 16 else {
      throw Reason(text: "is damaged: its format takes \(body.count) bytes instead of 16")
    }
    func number(_ range: Range<Int>) -> Int { littleEndian(body[range]) }
    var codec = number(0..<2)
    if codec == 0xFFFE {
      // The codec of WAVE_FORMAT_EXTENSIBLE is a GUID, whose first bytes hold the number.
      let tail: [UInt8] = [0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71]
      guard body.count >= 40 && body[26..<40].elementsEqual(tail) else {
        throw Reason(text: "holds sound of an unknown kind; only PCM and float are read")
      }
      codec = number(24..<26)
    }
    let bits = number(14..<16)
    switch (codec, bits) {
    case (1, 8): encoding = .pcm8
    case (1, 16): encoding = .pcm16
    case (1, 24): encoding = .pcm24
    case (1, 32): encoding = .pcm32
    case (3, 32): encoding = .float32
    case (3, 64): encoding = .float64
    case (1, _), (3, _):
      let allowed = codec == 1 ? "PCM of 8, 16, 24 or 32" : "float of 32 or 64"
      throw Reason(text: "has \(bits) bits per sample; only \(allowed) is read")
    default:
      let name = Self.codecs[codec].map { "is compressed: \($0)" } ?? "holds codec \(codec)"
      throw Reason(text: "\(name); only PCM and float are read")
    }
    channels = number(2..<4)
    rate = number(4..<8)
    bytesPerFrame = channels * bits / 8
    guard SoundFormat.channelCounts.contains(channels) else {
      throw Reason(text: "has \(channels) channels; only 1 to 8 are read")
    }
    guard SoundFormat.rates.contains(rate) else {
      throw Reason(text: "has a rate of \(rate) Hz; only 1 to 768000 are read")
    }
    let stated = number(12..<14)
    guard stated == bytesPerFrame else {
      let reason =
        "is damaged: it says \(stated) bytes per frame, but \(channels) × \(bits) bits are"
        + " \(bytesPerFrame)"
      throw Reason(text: reason)
    }
  }

  /// The header for a sound of `size` bytes from `offset` on.
  func header(ofSound size: Int, at offset: Int, in file: InputFile) throws(Reason) -> WAV.Header {
    let present = file.count - offset
    guard size != 0 else { throw Reason(text: "holds no sound") }
    guard size > 0 && size <= present else {  // Beyond 2^63 it is negative.
      let reason =
        "is truncated: its header promises \(UInt(bitPattern: size)) bytes of sound, \(present)"
        + " are there"
      throw Reason(text: reason)
    }
    guard size <= WAV.byteLimit else {
      throw Reason(text: "holds \(size) bytes of sound; the limit is \(WAV.byteLimit)")
    }
    guard size % bytesPerFrame == 0 else {
      throw Reason(text: "is damaged: its sound of \(size) bytes ends inside a frame")
    }
    let frames = size / bytesPerFrame
    return WAV.Header(
      rate: rate, channels: channels, frames: frames, encoding: encoding, offset: offset)
  }

  private static let codecs = [
    0x02: "Microsoft ADPCM", 0x06: "A-law", 0x07: "mu-law", 0x11: "IMA ADPCM", 0x31: "GSM 6.10",
    0x50: "MPEG", 0x55: "MP3", 0x92: "AC-3", 0xFF: "AAC", 0x161: "Windows Media Audio",
    0xF1AC: "FLAC",
  ]
}
