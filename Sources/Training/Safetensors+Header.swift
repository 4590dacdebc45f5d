import Foundation

/// What is wrong with a header, before the path is known.
struct HeaderError: Error {
  let reason: String

  /// A name from outside, in quotes and of a bearable length.
  static func quote(_ name: String) -> String {
    let scalars = name.unicodeScalars
    return "\"\(String(scalars.prefix(100)))\(scalars.count > 100 ? "…" : "")\""
  }
}

extension Safetensors {
  /// Checks all that the header says of the tensors against the bytes there are.
  static func entries(
    _ fields: [HeaderScanner.Fields], dataStart: Int, dataCount: Int
  ) throws -> [String: Entry] {
    var entries: [String: Entry] = [:]
    var covered = 0
    for field in fields.sorted(by: { ($0.begin, $0.end) < ($1.begin, $1.end) }) {
      let (name, begin, end) = (HeaderError.quote(field.name), field.begin, field.end)
      guard let dtype = DType(rawValue: field.dtype) else {
        let dtype = HeaderError.quote(field.dtype)
        throw HeaderError(reason: "tensor \(name) has the unknown dtype \(dtype)")
      }
      guard begin <= end, end <= dataCount else {
        throw HeaderError(
          reason: "tensor \(name) at bytes \(begin) to \(end) is outside the \(dataCount) of data")
      }
      guard let size = byteCount(dtype, field.shape) else {
        throw HeaderError(reason: "tensor \(name) has a shape that overflows")
      }
      guard size == end - begin else {
        throw HeaderError(
          reason: "tensor \(name) needs \(size) bytes, its offsets hold \(end - begin)")
      }
      guard begin == covered else {
        let fault = begin < covered ? "overlaps the one before it" : "comes after a hole"
        throw HeaderError(reason: "tensor \(name) \(fault) in the data")
      }
      covered = end
      entries[field.name] = Entry(
        dtype: dtype, shape: field.shape, byteRange: dataStart + begin..<dataStart + end)
    }
    guard covered == dataCount else {
      throw HeaderError(reason: "\(dataCount - covered) bytes at the end belong to no tensor")
    }
    return entries
  }

  /// The bytes a tensor takes, or nil if they overflow.
  private static func byteCount(_ dtype: DType, _ shape: [Int]) -> Int? {
    var product = dtype.byteSize
    for size in shape {
      let (value, overflow) = product.multipliedReportingOverflow(by: size)
      if overflow { return nil }
      product = value
    }
    return product
  }
}

/// Reads the one kind of JSON that a safetensors header may be.
///
/// It knows what must come next, so it never recurses or skips: nesting, junk and repeated keys
/// are refused at the byte where they stand, and memory stays in proportion to the header.
struct HeaderScanner {
  /// A tensor as the header describes it, unchecked.
  struct Fields {
    var name: String
    var dtype: String
    var shape: [Int]
    var begin: Int
    var end: Int
  }

  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) throws {
    // Once for all: the strings are cut at ASCII bytes, so each is as valid as the whole.
    guard String(bytes: bytes, encoding: .utf8) != nil else {
      throw HeaderError(reason: "the header is not UTF-8")
    }
    self.bytes = bytes
  }

  mutating func header() throws -> (metadata: [String: String], tensors: [Fields]) {
    var metadata: [String: String] = [:]
    var tensors: [Fields] = []
    try object { scanner, name in
      if name == "__metadata__" {
        try scanner.object { scanner, key in metadata[key] = try scanner.string() }
      } else {
        tensors.append(try scanner.fields(name))
      }
    }
    guard peek() == nil else { throw expected("the end") }
    return (metadata, tensors)
  }

  private mutating func fields(_ name: String) throws -> Fields {
    var dtype: String?
    var shape: [Int]?
    var offsets: [Int]?
    try object { scanner, key in
      switch key {
      case "dtype": dtype = try scanner.string()
      case "shape": shape = try scanner.integers(atMost: 64)
      case "data_offsets": offsets = try scanner.integers(atMost: 2)
      default: throw scanner.expected("dtype, shape or data_offsets")
      }
    }
    guard let dtype, let shape, let offsets, offsets.count == 2 else {
      throw HeaderError(
        reason: "tensor \(HeaderError.quote(name)) lacks dtype, shape or data_offsets")
    }
    return Fields(name: name, dtype: dtype, shape: shape, begin: offsets[0], end: offsets[1])
  }

  // MARK: JSON

  private mutating func object(_ member: (inout Self, String) throws -> Void) throws {
    var keys: Set<String> = []
    try list("{", "}") { scanner in
      let key = try scanner.string()
      guard keys.insert(key).inserted else {
        throw HeaderError(reason: "the header repeats the key \(HeaderError.quote(key))")
      }
      try scanner.take(":")
      try member(&scanner, key)
    }
  }

  private mutating func integers(atMost limit: Int) throws -> [Int] {
    var values: [Int] = []
    try list("[", "]") { scanner in
      guard values.count < limit else { throw scanner.expected("at most \(limit) numbers") }
      values.append(try scanner.integer())
    }
    return values
  }

  private mutating func list(
    _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ item: (inout Self) throws -> Void
  ) throws {
    try take(open)
    if skip(close) { return }
    repeat { try item(&self) } while skip(",")
    try take(close)
  }

  private mutating func integer() throws -> Int {
    let start = peek() == nil ? bytes.count : position
    let digits = bytes[start...].prefix { (0x30...0x39).contains($0) }
    position = digits.endIndex
    let partOfNumber = position < bytes.count && Array("+-.eE".utf8).contains(bytes[position])
    guard !partOfNumber, digits.first != 0x30 || digits.count == 1,
      let value = Int(String(decoding: digits, as: UTF8.self))
    else {
      position = start
      throw expected("a whole number that is not negative and fits 64 bits")
    }
    return value
  }

  private mutating func string() throws -> String {
    try take("\"")
    var text: [UInt8] = []
    while position < bytes.count, bytes[position] >= 0x20 {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): text += Array(String(try escaped()).utf8)
      default: text.append(byte)
      }
    }
    throw expected("the rest of a string")
  }

  private mutating func escaped() throws -> Unicode.Scalar {
    guard position < bytes.count else { throw expected("an escape") }
    position += 1
    switch Unicode.Scalar(bytes[position - 1]) {
    case "b": return "\u{8}"
    case "f": return "\u{C}"
    case "n": return "\n"
    case "r": return "\r"
    case "t": return "\t"
    case "u": return try escapedUnicode()
    case let same where "\"\\/".unicodeScalars.contains(same): return same
    default: throw expected("an escape")
    }
  }

  /// The scalar of `\uXXXX`, or of the two such that stand for one beyond the first 65536.
  private mutating func escapedUnicode() throws -> Unicode.Scalar {
    let first = try hexadecimal()
    if let scalar = Unicode.Scalar(first) { return scalar }
    if first < 0xDC00, bytes[position...].starts(with: "\\u".utf8) {
      position += 2
      let second = try hexadecimal()
      if (0xDC00...0xDFFF).contains(second),
        let scalar = Unicode.Scalar(0x10000 + (first & 0x3FF) << 10 + (second & 0x3FF))
      {
        return scalar
      }
    }
    throw expected("the other half of a surrogate pair")
  }

  private mutating func hexadecimal() throws -> UInt32 {
    let digits = bytes[position...].prefix(4)
    guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let value = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw expected("four hexadecimal digits") }
    position += 4
    return value
  }

  /// The next byte that is not white space.
  private mutating func peek() -> UInt8? {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      case let byte: return byte
      }
    }
    return nil
  }

  private mutating func skip(_ scalar: Unicode.Scalar) -> Bool {
    guard let byte = peek(), Unicode.Scalar(byte) == scalar else { return false }
    position += 1
    return true
  }

  private mutating func take(_ scalar: Unicode.Scalar) throws {
    guard skip(scalar) else { throw expected("'\(scalar)'") }
  }

  private func expected(_ what: String) -> HeaderError {
    HeaderError(reason: "the header is malformed at its byte \(position): expected \(what)")
  }
}
