import CPNG

/// PNG files: the stored integer samples in, 8-bit gray or RGB out. No gamma, no colour profiles.
public enum PNG {
  /// What a file says about itself before its pixels.
  public struct Header: Equatable, Sendable {
    /// Columns.
    public let width: Int
    /// Rows.
    public let height: Int
    /// Channels without alpha: 1 (gray) or 3 (RGB or a palette).
    public let channels: Int
    /// Whether there is alpha: a channel, or a transparent colour.
    public let hasAlpha: Bool
    /// Bits per stored sample or palette index: 1, 2, 4, 8 or 16.
    public let bitDepth: Int
  }

  /// The largest width · height that is read, in pixels.
  public static let pixelLimit = 1 << 28

  /// The header of a file; its pixels are not decoded.
  ///
  /// Throws a `FileError` if the file can't be read, is no PNG, or is larger than `pixelLimit`.
  public static func header(of path: String) throws -> Header {
    // The header nearly always stands within the first pages; large metadata may precede its end.
    let prefix = 1 << 16
    let bytes = try WholeFile.read(path, prefix: prefix)
    if bytes.count == prefix {
      return try (try? header(of: bytes, path)) ?? header(of: WholeFile.read(path), path)
    }
    return try header(of: bytes, path)
  }

  /// The image in a file. Alpha is composed over black; 16-bit samples are rounded to 8 bits.
  ///
  /// Says whether the file had alpha, and whether it had 16 bits. Throws a `FileError` if the file
  /// can't be read, is no PNG, is damaged, truncated, or larger than `pixelLimit`.
  public static func read(
    _ path: String
  ) throws -> (image: Image, composedAlpha: Bool, reducedDepth: Bool) {
    try decode(WholeFile.read(path), path)
  }

  /// The image in a file's bytes, as `read`; `path` is what errors call it.
  public static func decode(
    _ bytes: [UInt8], _ path: String
  ) throws -> (image: Image, composedAlpha: Bool, reducedDepth: Bool) {
    let header = try header(of: bytes, path)
    // Deflate packs at most 1032 to 1, so a short file can't make us reserve memory for a large
    // image.
    let packed = header.height * ((header.width * header.bitDepth + 7) / 8 + 1) / 1032
    guard packed <= bytes.count else {
      throw FileError(
        path: path,
        reason:
          "is damaged: \(bytes.count) bytes can't hold \(header.width)x\(header.height) pixels",
        kind: .malformed)
    }
    let count = header.width * header.height * (header.channels + (header.hasAlpha ? 1 : 0))
    var pixels = try [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
      try check(path, bytes.count) { message, size in
        cpng_decode(bytes, bytes.count, buffer.baseAddress, count, message, size)
      }
      initialized = count
    }
    if header.hasAlpha { pixels = composedOverBlack(pixels, channels: header.channels) }
    let image = Image(
      width: header.width, height: header.height, channels: header.channels, pixels: pixels)
    return (image, header.hasAlpha, header.bitDepth == 16)
  }

  /// Writes an image: under a temporary name beside `path`, then renamed, and not synced if new.
  ///
  /// Throws a `FileError` of kind `.unwritable`.
  public static func write(_ image: Image, to path: String) throws {
    try encoding(image, path) { bytes in
      try AtomicFile.write(to: path, .unsynced) { try $0(bytes) }
    }
  }

  /// How many bytes `write` would write: a measure of how complex an image is.
  ///
  /// Throws a `FileError` with this path if it can't be encoded.
  public static func encodedBytes(_ image: Image, _ path: String) throws -> Int {
    try encoding(image, path) { $0.count }
  }

  private static func encoding<T>(
    _ image: Image, _ path: String, _ body: (UnsafeRawBufferPointer) throws -> T
  ) throws -> T {
    var encoded: UnsafeMutablePointer<UInt8>?
    var count = 0
    defer { cpng_free(encoded) }
    try check(path, 0, kind: .unwritable) { message, size in
      cpng_encode(
        image.pixels, UInt32(image.width), UInt32(image.height), Int32(image.channels), &encoded,
        &count, message, size)
    }
    return try body(UnsafeRawBufferPointer(start: encoded, count: count))
  }

  private static func header(of bytes: [UInt8], _ path: String) throws -> Header {
    var raw = cpng_header()
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
      throw FileError(path: path, reason: "is a JPEG file, whatever its name", kind: .malformed)
    }
    try check(path, bytes.count) { message, size in
      cpng_read_header(bytes, bytes.count, &raw, message, size)
    }
    let (width, height, channels) = (Int(raw.width), Int(raw.height), Int(raw.channels))
    guard width * height <= pixelLimit else {
      let reason = "is \(width)x\(height) pixels; the limit is \(pixelLimit) pixels"
      throw FileError(path: path, reason: reason, kind: .malformed)
    }
    return Header(
      width: width, height: height, channels: channels < 3 ? 1 : 3, hasAlpha: channels % 2 == 0,
      bitDepth: Int(raw.bit_depth))
  }

  /// Runs a call of the shim and turns its status into an error with a reason.
  private static func check(
    _ path: String, _ byteCount: Int, kind: FileError.Kind = .malformed,
    _ call: (UnsafeMutablePointer<CChar>?, Int) -> cpng_status
  ) throws {
    try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { message in
      message.initialize(repeating: 0)
      let reason: String
      switch call(message.baseAddress, message.count) {
      case CPNG_OK: return
      case CPNG_NOT_PNG: reason = "is not a PNG file"
      case CPNG_TRUNCATED: reason = "is truncated: it ends early, after \(byteCount) bytes"
      default:
        let text = message.baseAddress.map { String(cString: $0) } ?? ""
        reason = (kind == .unwritable ? "can't be encoded: " : "is damaged: ") + text
      }
      throw FileError(path: path, reason: reason, kind: kind)
    }
  }

  /// Drops the alpha channel: c · a / 255, rounded to the nearest.
  private static func composedOverBlack(_ pixels: [UInt8], channels: Int) -> [UInt8] {
    var composed: [UInt8] = []
    composed.reserveCapacity(pixels.count / (channels + 1) * channels)
    for start in stride(from: 0, to: pixels.count, by: channels + 1) {
      let alpha = Int(pixels[start + channels])
      for c in 0..<channels { composed.append(UInt8((Int(pixels[start + c]) * alpha + 127) / 255)) }
    }
    return composed
  }
}
