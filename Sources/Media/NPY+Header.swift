extension NPY {
  /// What stands before an array's numbers: a Python dictionary of type, order and shape.
  struct Header {
    let type: Element
    let isBigEndian: Bool
    let isFortran: Bool
    let shape: [Int]
    /// Where the numbers begin in the file.
    let dataStart: Int

    /// Reads the header of a file; throws a `FileError` if it is no array that a table can be.
    init(of file: InputFile) throws {
      do {
        self = try Self.read(file)
      } catch let reason as Reason {
        throw FileError(path: file.path, reason: reason.text, kind: .malformed)
      }
    }

    private init(
      type: Element, isBigEndian: Bool, isFortran: Bool, shape: [Int], dataStart: Int
    ) {
      self.type = type
      self.isBigEndian = isBigEndian
      self.isFortran = isFortran
      self.shape = shape
      self.dataStart = dataStart
    }

    private static func read(_ file: InputFile) throws -> Self {
      let prefix = try file.bytes(min(12, file.count), at: 0)
      guard prefix.count >= 10, Array(prefix[..<6]) == NPY.magic else {
        throw Reason(text: "is no NPY file")
      }
      guard (1...3).contains(prefix[6]), prefix[7] == 0 else {
        throw Reason(text: "is NPY of version \(prefix[6]).\(prefix[7]), which is not known")
      }
      let isLong = prefix[6] > 1
      let start = isLong ? 12 : 10
      guard prefix.count >= start else { throw Reason(text: "is cut short in its header") }
      let count = prefix[8..<start].reversed().reduce(0) { $0 << 8 | Int($1) }
      guard count <= file.count - start else {
        throw Reason(text: "is cut short in its header, of \(count) bytes by its own account")
      }
      guard count <= 1 << 16 else { throw Reason(text: "has a header of \(count) bytes") }
      var scanner = Scanner(bytes: try file.bytes(count, at: start))
      let fields = try scanner.header()
      let (type, isBigEndian) = try Element.named(fields.type)
      return Self(
        type: type, isBigEndian: isBigEndian, isFortran: fields.isFortran, shape: fields.shape,
        dataStart: start + count)
    }
  }

  /// The types of numbers that are read.
  enum Element: String {
    case bool = "b1"
    case int8 = "i1"
    case int16 = "i2"
    case int32 = "i4"
    case int64 = "i8"
    case uint8 = "u1"
    case uint16 = "u2"
    case uint32 = "u4"
    case uint64 = "u8"
    case float32 = "f4"
    case float64 = "f8"

    var size: Int {
      switch self {
      case .bool, .int8, .uint8: 1
      case .int16, .uint16: 2
      case .int32, .uint32, .float32: 4
      case .int64, .uint64, .float64: 8
      }
    }

    /// The type by NumPy's name of it, and whether its first byte is its largest.
    fileprivate static func named(_ name: String) throws -> (Self, isBigEndian: Bool) {
      let order = name.first
      let code = order.map { "<>=|".contains($0) } == true ? String(name.dropFirst()) : name
      if let type = Self(rawValue: code) { return (type, order == ">") }
      let what =
        switch code.first {
        case "O": "Python objects, which are never unpickled"
        case "c": "complex numbers"
        case "V": "structures"
        case "S", "U", "a": "text"
        case "M", "m": "dates"
        default: "elements of type \(Table.quoted(name))"
        }
      throw Reason(text: "holds \(what), not float32, float64, integers or bool")
    }
  }

  /// Reads the dictionary, and nothing else of Python.
  private struct Scanner {
    let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func header() throws -> (type: String, isFortran: Bool, shape: [Int]) {
      var type: String?
      var isFortran: Bool?
      var shape: [Int]?
      try expect("{")
      while !take("}") {
        let key = try string()
        try expect(":")
        switch key {
        case "descr" where type == nil:
          guard peek != UInt8(ascii: "[") else {
            throw Reason(text: "holds structures, not float32, float64, integers or bool")
          }
          type = try string()
        case "fortran_order" where isFortran == nil: isFortran = try bool()
        case "shape" where shape == nil: shape = try tuple()
        default: throw broken
        }
        if !take(",") {
          try expect("}")
          break
        }
      }
      guard peek == nil, let type, let isFortran, let shape else { throw broken }
      return (type, isFortran, shape)
    }

    /// The next byte that is no space.
    private var peek: UInt8? {
      mutating get {
        while position < bytes.count, [32, 9, 10, 13].contains(bytes[position]) { position += 1 }
        return position < bytes.count ? bytes[position] : nil
      }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
      guard peek == UInt8(ascii: character) else { return false }
      position += 1
      return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws {
      guard take(character) else { throw broken }
    }

    private mutating func string() throws -> String {
      guard let quote = peek, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\""),
        let end = bytes[(position + 1)...].firstIndex(of: quote)
      else { throw broken }
      defer { position = end + 1 }
      return String(decoding: bytes[(position + 1)..<end], as: UTF8.self)
    }

    private mutating func bool() throws -> Bool {
      _ = peek
      for (word, value) in [("True", true), ("False", false)]
      where bytes[position...].starts(with: word.utf8) {
        position += word.utf8.count
        return value
      }
      throw broken
    }

    private mutating func tuple() throws -> [Int] {
      var sizes: [Int] = []
      try expect("(")
      while !take(")") {
        _ = peek
        let digits = bytes[position...].prefix { $0 >= 48 && $0 < 58 }
        guard let size = Int(String(decoding: digits, as: UTF8.self)) else {
          throw digits.isEmpty ? broken : Reason(text: "has a shape beyond any memory")
        }
        position += digits.count
        _ = take("L")  // as Python 2 wrote it
        sizes.append(size)
        if !take(",") {
          try expect(")")
          break
        }
      }
      return sizes
    }

    private var broken: Reason { Reason(text: "has an NPY header that can't be read") }
  }
}
