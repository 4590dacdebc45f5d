import CCSV
import Foundation

/// Writes a table row by row, as CSV with a header or as NPY, so that it never has to be in memory.
///
///     try TableWriter.write(to: "new.csv", columns: ["x", "y"]) { writer in
///       try writer.append([0.5, 2, 1, 3])  // two rows
///     }
///
/// Text has the shortest decimals that read back as the same numbers. NPY has no names.
public final class TableWriter {
  /// What the numbers are kept as.
  public enum Number: Sendable {
    /// Single precision, seven digits.
    case float32
    /// Double precision, sixteen digits.
    case float64
  }

  /// What a table's name may end in, small or large letters.
  public static let endings = ["csv", "tsv", "npy"]

  private let descriptor: Int32
  private let path: String
  private let width: Int
  private let number: Number
  /// The byte between cells; nil for NPY.
  private let delimiter: UInt8?
  private var buffer: [UInt8] = []
  private var column = 0
  private var rows = 0

  /// Replaces the file at `path` by the rows that `body` appends.
  ///
  /// The file's ending decides: `.csv`, `.tsv` (tabs) or `.npy`. Throws a `FileError` (unwritable),
  /// or what `body` throws; what stood at `path` is then as it was.
  public static func write(
    to path: String, columns: [String], as number: Number = .float32,
    _ body: (TableWriter) throws -> Void
  ) throws {
    precondition(!columns.isEmpty, "a table has at least one column")
    let delimiter: UInt8?
    switch (path as NSString).pathExtension.lowercased() {
    case "csv": delimiter = UInt8(ascii: ",")
    case "tsv": delimiter = UInt8(ascii: "\t")
    case "npy": delimiter = nil
    default:
      let reason = "can't be written: a table's name ends in .csv, .tsv or .npy"
      throw FileError(path: path, reason: reason, kind: .unwritable)
    }
    try AtomicFile.write(throughDescriptorTo: path) { descriptor in
      let writer = TableWriter(
        descriptor: descriptor, path: path, width: columns.count, number: number,
        delimiter: delimiter)
      writer.writeHeader(columns)
      try body(writer)
      try writer.finish()
    }
  }

  private init(
    descriptor: Int32, path: String, width: Int, number: Number, delimiter: UInt8?
  ) {
    self.descriptor = descriptor
    self.path = path
    self.width = width
    self.number = number
    self.delimiter = delimiter
  }

  /// Adds whole rows, one behind the other; throws a `FileError` (unwritable).
  public func append(_ values: [Float]) throws {
    precondition(values.count % width == 0, "the last row is not whole")
    for value in values { try add(Double(value), value) }
  }

  /// Adds whole rows, one behind the other; throws a `FileError` (unwritable).
  public func append(_ values: [Double]) throws {
    precondition(values.count % width == 0, "the last row is not whole")
    for value in values { try add(value, Float(value)) }
  }

  @inline(__always)
  private func add(_ double: Double, _ single: Float) throws {
    if let delimiter {
      // Whole numbers need no point; −0 does not come through Int.
      if let whole = Int(exactly: double), whole != 0, abs(whole) < 1 << 24 {
        put(String(whole))
      } else {
        put(number == .float32 ? single.description : double.description)
      }
      buffer.append(column == width - 1 ? UInt8(ascii: "\n") : delimiter)
    } else if number == .float32 {
      withUnsafeBytes(of: single.bitPattern.littleEndian) { buffer += $0 }
    } else {
      withUnsafeBytes(of: double.bitPattern.littleEndian) { buffer += $0 }
    }
    column += 1
    if column == width {
      column = 0
      rows += 1
      if buffer.count >= 1 << 16 { try flush() }
    }
  }

  /// Adds a number's decimals, without an empty fraction.
  private func put(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      buffer += bytes.suffix(2).elementsEqual(".0".utf8) ? bytes.dropLast(2) : bytes[...]
    }
  }

  private func writeHeader(_ columns: [String]) {
    guard let delimiter else {
      buffer += npyHeader
      return
    }
    for (i, name) in columns.enumerated() {
      buffer += Self.quotedIfNeeded(name, delimiter: delimiter)
      buffer.append(i == columns.count - 1 ? UInt8(ascii: "\n") : delimiter)
    }
  }

  /// A name as a cell, in quotes if a reader would take it for something else without.
  private static func quotedIfNeeded(_ name: String, delimiter: UInt8) -> [UInt8] {
    let bytes = Array(name.utf8)
    let special: [UInt8] = [delimiter, 34, 10, 13]
    let isPlain =
      !bytes.contains { special.contains($0) } && bytes.first != 32 && bytes.last != 32
      && bytes.first != 9 && bytes.last != 9 && !bytes.isEmpty
    if isPlain { return bytes }
    return [UInt8](unsafeUninitializedCapacity: 2 * bytes.count + 2) { output, count in
      count = csv_write(output.baseAddress, output.count, bytes, bytes.count)
    }
  }

  /// The header for the rows so far; of the same length for any number of them.
  private var npyHeader: [UInt8] {
    let type = number == .float32 ? "<f4" : "<f8"
    let text = "{'descr': '\(type)', 'fortran_order': False, 'shape': (\(rows), \(width)), }"
    let padding = String(repeating: " ", count: 128 - 10 - 1 - text.utf8.count)
    return NPY.magic + [1, 0, 118, 0] + Array("\(text)\(padding)\n".utf8)
  }

  private func finish() throws {
    try flush()
    guard delimiter == nil else { return }
    guard lseek(descriptor, 0, SEEK_SET) == 0 else {
      let reason = "can't be written: \(String(cString: strerror(errno)))"
      throw FileError(path: path, reason: reason, kind: .unwritable)
    }
    try npyHeader.withUnsafeBytes {
      try AtomicFile.writeAll($0, to: descriptor, path: path)
    }
  }

  private func flush() throws {
    try buffer.withUnsafeBytes { try AtomicFile.writeAll($0, to: descriptor, path: path) }
    buffer.removeAll(keepingCapacity: true)
  }
}

extension Table {
  /// Writes the table to a file, in double precision unless asked; see `TableWriter`.
  ///
  /// Throws a `FileError` (unwritable); what stood at `path` is then as it was.
  public func write(to path: String, as number: TableWriter.Number = .float64) throws {
    try TableWriter.write(to: path, columns: columns, as: number) { try $0.append(values) }
  }
}
