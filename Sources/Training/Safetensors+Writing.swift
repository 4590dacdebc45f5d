import Media

/// One tensor to be written: what it is, and a way to its bytes.
public struct TensorRecord {
  /// Its name in the file.
  public let name: String
  /// The type of its elements.
  public let dtype: Safetensors.DType
  /// Its sizes, outermost first; empty for a scalar.
  public let shape: [Int]
  /// Passes the bytes, all at once or piece after piece, to its argument; throws what that throws.
  public let withBytes: (_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Void

  /// A tensor whose bytes are made or found when they are written; they must fill the shape.
  public init(
    _ name: String, dtype: Safetensors.DType, shape: [Int],
    withBytes: @escaping (_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Void
  ) {
    precondition(shape.allSatisfy { $0 >= 0 }, "a size is never negative")
    self.name = name
    self.dtype = dtype
    self.shape = shape
    self.withBytes = withBytes
  }

  /// A tensor of `values`, which must fill the shape.
  public init<T: Safetensors.Element>(_ name: String, shape: [Int], _ values: [T]) {
    precondition(shape.reduce(1, *) == values.count, "the values must fill the shape")
    self.init(name, dtype: T.safetensorsType, shape: shape) { body in
      try values.withUnsafeBytes { try body($0) }
    }
  }

  var byteCount: Int { shape.reduce(dtype.byteSize, *) }
}

extension Safetensors {
  /// Writes a file of these strings and tensors, whole or not at all; equal input, equal bytes.
  ///
  /// The tensors' bytes stand in the order given, the first at a multiple of 8. Names must differ.
  ///
  /// Throws a `FileError` (unwritable), or what a tensor's `withBytes` throws; what stood at
  /// `path` is then as it was.
  public static func write(
    to path: String, metadata: [String: String] = [:], tensors: [TensorRecord]
  ) throws {
    let header = Array(header(metadata: metadata, tensors: tensors).utf8)
    try AtomicFile.write(to: path) { write in
      try withUnsafeBytes(of: UInt64(header.count).littleEndian) { try write($0) }
      try header.withUnsafeBytes { try write($0) }
      for tensor in tensors {
        var written = 0
        try tensor.withBytes { piece in
          try write(piece)
          written += piece.count
        }
        precondition(written == tensor.byteCount, "the bytes of a tensor must fill its shape")
      }
    }
  }

  private static func header(metadata: [String: String], tensors: [TensorRecord]) -> String {
    var members: [String: String] = [:]
    var end = 0
    for tensor in tensors {
      let begin = end
      end += tensor.byteCount
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      let dtype = json(tensor.dtype.rawValue)
      let known = members.updateValue(
        "{\"dtype\":\(dtype),\"shape\":[\(shape)],\"data_offsets\":[\(begin),\(end)]}",
        forKey: tensor.name)
      precondition(known == nil && tensor.name != "__metadata__", "a tensor's name is its own")
    }
    if !metadata.isEmpty { members["__metadata__"] = json(metadata.mapValues(json)) }
    let header = json(members)
    return header + String(repeating: " ", count: (8 - header.utf8.count % 8) % 8)
  }

  /// An object of members that are JSON already, its keys in order.
  private static func json(_ members: [String: String]) -> String {
    let members = members.sorted { $0.key < $1.key }.map { "\(json($0.key)):\($0.value)" }
    return "{\(members.joined(separator: ","))}"
  }

  private static func json(_ text: String) -> String {
    var result = "\"".unicodeScalars
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += ["\\", scalar]
      case "\0"..."\u{1F}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u\(String(repeating: "0", count: 4 - digits.count))\(digits)".unicodeScalars
      default: result.append(scalar)
      }
    }
    return String(result) + "\""
  }
}
