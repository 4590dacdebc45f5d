import Foundation
import Media

/// A safetensors file: named tensors and a few strings.
///
/// The header is read and checked at once, the tensors when they are asked for. The format is
/// eight bytes of header length, a JSON header, then the tensors' bytes without gap or overlap,
/// all little-endian.
public struct Safetensors: Sendable {
  /// One tensor's type, shape and place.
  public struct Entry: Sendable, Equatable {
    /// The type of its elements.
    public let dtype: DType
    /// Its sizes, outermost first; empty for a scalar.
    public let shape: [Int]
    /// Where its bytes stand, counted from the start of the file.
    public let byteRange: Range<Int>
  }

  /// The file, as the caller named it.
  public let path: String
  /// The strings under `__metadata__`.
  public let metadata: [String: String]
  /// The tensors by name.
  public let entries: [String: Entry]
  private let file: InputFile

  /// Writes the whole file elsewhere. Throws a `FileError` if it can't be read or written.
  func copy(to path: String) throws { try AtomicFile.write(file, to: path) }

  /// Opens the file at `path`, whose header may be at most `maximumHeader` bytes long; `what` it
  /// should be stands in the error about a file that is something else.
  ///
  /// Throws a `FileError` if the file is missing or breaks the format anywhere.
  public init(
    reading path: String, maximumHeader: Int = 64 << 20, as what: String = "a safetensors file"
  ) throws {
    try self.init(in: InputFile(path: path), maximumHeader: maximumHeader, as: what)
  }

  /// As the other, of a file that is open.
  init(
    in file: InputFile, maximumHeader: Int = 64 << 20, as what: String = "a safetensors file"
  ) throws {
    let path = file.path
    func malformed(_ reason: String) -> FileError {
      FileError(path: path, reason: reason, kind: .malformed)
    }

    guard file.count > 0 else { throw malformed("is empty") }
    var start = [UInt8](repeating: 0, count: min(9, file.count))
    try start.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
    guard start.count == 9, "{ \t\r\n".utf8.contains(start[8]) else {
      throw malformed("is not \(what)")
    }
    let length = start[..<8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(file.count - 8) else {
      throw malformed("the header's \(length) bytes go beyond the end of the file")
    }
    guard length <= UInt64(max(0, maximumHeader)) else {
      throw malformed("the header's \(length) bytes are more than the limit of \(maximumHeader)")
    }

    let dataStart = 8 + Int(length)
    var header = [UInt8](repeating: 0, count: Int(length))
    try header.withUnsafeMutableBytes { try file.read(into: $0, at: 8) }
    do {
      var scanner = try HeaderScanner(header)
      let (metadata, fields) = try scanner.header()
      entries = try Self.entries(fields, dataStart: dataStart, dataCount: file.count - dataStart)
      self.metadata = metadata
    } catch let error as HeaderError {
      throw malformed(error.reason)
    }
    self.path = path
    self.file = file
  }

  /// Calls `body` with the bytes of one tensor, aligned for any element type.
  ///
  /// Throws a `FileError` if there is no such tensor or it cannot be read, or what `body` throws.
  public func bytes<R>(_ name: String, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    let range = try entry(name).byteRange
    // Not `allocate`, which ends the process where this can still be refused.
    guard let memory = malloc(max(1, range.count)) else {
      throw malformed(name, "needs \(range.count) bytes of memory")
    }
    defer { free(memory) }
    let buffer = UnsafeMutableRawBufferPointer(start: memory, count: range.count)
    try file.read(into: buffer, at: range.lowerBound)
    return try body(UnsafeRawBufferPointer(buffer))
  }

  /// The elements of one tensor, whose type must be that of `T`, and its shape `shape` if given.
  ///
  /// Throws a `FileError` if there is no such tensor, it is another or it cannot be read.
  public func values<T: Element>(
    _ name: String, as type: T.Type = T.self, shape: [Int]? = nil
  ) throws -> [T] {
    let entry = try entry(name, shape: shape)
    guard entry.dtype == T.safetensorsType else {
      throw malformed(name, "is \(entry.dtype.rawValue), not \(T.safetensorsType.rawValue)")
    }
    let count = entry.byteRange.count / entry.dtype.byteSize
    return try Array(unsafeUninitializedCapacity: count) { buffer, initialized in
      let elements = UnsafeMutableBufferPointer(rebasing: buffer[..<count])
      try file.read(into: UnsafeMutableRawBufferPointer(elements), at: entry.byteRange.lowerBound)
      initialized = count
    }
  }

  /// The elements of a tensor of F32, F64, F16 or BF16 as single precision, its shape checked
  /// against `shape` if given.
  ///
  /// Throws a `FileError` if there is no such tensor, it is another or it cannot be read.
  public func floats(_ name: String, shape: [Int]? = nil) throws -> [Float] {
    switch try entry(name, shape: shape).dtype {
    case .f32: return try values(name)
    case .f64: return try values(name, as: Double.self).map { Float($0) }
    case .f16: return try halves(name).map(Self.float(half:))
    case .bf16: return try halves(name).map { Float(bitPattern: UInt32($0) << 16) }
    case let other: throw malformed(name, "is \(other.rawValue), not floating point")
    }
  }

  private func halves(_ name: String) throws -> [UInt16] {
    try bytes(name) { Array($0.bindMemory(to: UInt16.self)) }
  }

  /// Swift has no `Float16` on every platform this is built for.
  private static func float(half bits: UInt16) -> Float {
    let sign = UInt32(bits >> 15) << 31
    let exponent = UInt32(bits >> 10) & 31
    let fraction = UInt32(bits) & 1023
    switch exponent {
    case 0: return (sign == 0 ? 1 : -1) * Float(fraction) * 0x1p-24
    case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
    default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
    }
  }

  private func entry(_ name: String, shape: [Int]? = nil) throws -> Entry {
    guard let entry = entries[name] else { throw malformed(name, "is not there") }
    if let shape, shape != entry.shape {
      throw malformed(name, "has shape \(entry.shape), not \(shape)")
    }
    return entry
  }

  private func malformed(_ name: String, _ reason: String) -> FileError {
    let reason = "tensor \(HeaderError.quote(name)) \(reason)"
    return FileError(path: path, reason: reason, kind: .malformed)
  }
}
