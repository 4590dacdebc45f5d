import Foundation

/// Tables as text: a row a line, cells between commas, semicolons or tabs.
///
/// Delimiter and header are found by looking at the first lines. Cells may be quoted, lines end in
/// LF, CRLF or CR, a byte order mark and empty lines are skipped. A decimal comma is read where
/// nothing speaks against it. Empty cells, NA, NaN, N/A, null, none and ? are missing values.
public enum CSV {
  /// Reads a table in pieces of 256 KiB, so that memory holds little beside its numbers.
  ///
  /// The arguments are those of `Table(reading:)`. Throws a `FileError` if the file is missing, or
  /// is anything but a table of finite numbers.
  public static func read(
    _ path: String, columns: [String]? = nil, header: Bool? = nil, dropMissing: Bool = false
  ) throws -> Table {
    try read(
      InputFile(path: path), columns: columns, header: header, dropMissing: dropMissing)
  }

  static func read(
    _ file: InputFile, columns: [String]?, header: Bool?, dropMissing: Bool
  ) throws -> Table {
    let form = try CSVForm(of: file, header: header)
    let names = columns ?? form.columns
    let places = try Table.places(of: names, in: form.columns, path: file.path)
    var rows = TableRows(
      path: file.path, columns: names, unit: "line", dropMissing: dropMissing)
    // A cell and what ends it are two bytes at least, so a made-up length can't take much memory.
    let width = form.columns.count
    try rows.reserve(min(form.expectedRows, (file.count + 1) / (2 * width) + 1))
    var reader = CSVRows(form: form, places: places, rows: rows)

    let parser = CSVParser<CSVRows>(delimiter: form.delimiter)
    let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    defer { piece.deallocate() }
    var offset = form.start
    while offset < file.count {
      let part = UnsafeMutableRawBufferPointer(
        rebasing: piece[..<min(piece.count, file.count - offset)])
      try file.read(into: part, at: offset)
      if let reason = notText(UnsafeRawBufferPointer(part)) { throw malformed(file, reason) }
      let isSound = parser.parse(UnsafeRawBufferPointer(part), into: &reader)
      if let error = reader.failure { throw error }
      guard isSound else { throw malformed(file, "line \(reader.line) has a quote out of place") }
      guard parser.longestCell <= CSVForm.longest else {
        throw malformed(file, "line \(reader.line) has a quoted cell that does not end")
      }
      offset += part.count
    }
    let isSound = parser.finish(into: &reader)
    if let error = reader.failure { throw error }
    guard isSound else {
      throw malformed(file, "line \(reader.line) has a quoted cell that does not end")
    }
    var table = try reader.table()
    table.passedOver = form.columns.filter(Set(form.columns).subtracting(names).contains)
    return table
  }

  /// Why these bytes are no text.
  static func notText(_ bytes: UnsafeRawBufferPointer) -> String? {
    guard let start = bytes.baseAddress, memchr(start, 0, bytes.count) != nil else { return nil }
    if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) {
      return "is text in UTF-16; save it as UTF-8"
    }
    let isZip = bytes.starts(with: Array("PK\u{3}\u{4}".utf8))
    return isZip ? "is a zip archive (npz or xlsx?), not a table" : "is binary, not text"
  }

  private static func malformed(_ file: InputFile, _ reason: String) -> FileError {
    FileError(path: file.path, reason: reason, kind: .malformed)
  }
}

/// Makes a table's rows of cells.
struct CSVRows: CSVReceiver {
  /// What is wrong, once something is; nothing is read from there on.
  private(set) var failure: FileError?
  /// The line, counted from 1.
  private(set) var line = 1

  private let form: CSVForm
  /// Where a cell of the file goes in the row, or −1.
  private var targets: [Int]
  private var rows: TableRows
  private var row: [Double]
  private var column = 0
  private var rowLine = 1
  private var afterReturn = false
  private var skipsRow: Bool
  private var pointLine: Int?
  private var commaLine: Int?
  private var hasClearComma = false

  init(form: CSVForm, places: [Int], rows: TableRows) {
    self.form = form
    self.rows = rows
    targets = [Int](repeating: -1, count: form.columns.count)
    for (target, place) in places.enumerated() { targets[place] = target }
    row = [Double](repeating: 0, count: places.count)
    skipsRow = form.hasHeader
  }

  mutating func cell(_ bytes: UnsafeBufferPointer<UInt8>) {
    guard failure == nil else { return }
    if column == 0 { rowLine = line }
    defer { column += 1 }
    afterReturn = false
    guard !skipsRow, column < targets.count, targets[column] >= 0 else { return skip(bytes) }
    let target = targets[column]
    var notation = DecimalNumber.Notation()
    switch DecimalNumber.read(bytes, &notation) {
    case .number(let value): row[target] = value
    case .missing: row[target] = .nan
    case .infinite: fail(target, "\(quoted(bytes)) is infinite")
    case .text: fail(target, "\(quoted(bytes)) is not a number")
    }
    if notation.point && pointLine == nil { pointLine = line }
    if notation.comma {
      if commaLine == nil { commaLine = line }
      hasClearComma = hasClearComma || notation.clearComma
    }
  }

  mutating func lineEnd(_ byte: Int32) {
    guard failure == nil else { return }
    if column > 0 { endRow() }
    let isReturn = byte == 13
    // CRLF is reported as two.
    if isReturn || (byte == 10 && !afterReturn) { line += 1 }
    afterReturn = isReturn
  }

  /// The table, after the last line; throws as `TableRows.table`, or if it is not clear what its
  /// commas mean.
  func table() throws -> Table {
    if let commaLine {
      if let pointLine {
        throw malformed(
          "has decimal points (line \(pointLine)) and commas (line \(commaLine)) in its numbers")
      }
      guard hasClearComma else {
        throw malformed(
          "has commas in its numbers (line \(commaLine)) that may be decimal or group thousands")
      }
    }
    return try rows.table()
  }

  private mutating func endRow() {
    defer { column = 0 }
    guard column == targets.count else {
      failure = malformed("line \(rowLine) has \(counted(column, "cell")), not \(targets.count)")
      return
    }
    guard !skipsRow else {
      skipsRow = false
      return
    }
    do {
      try row.withUnsafeBufferPointer { try rows.append($0, place: rowLine) }
    } catch {
      failure = error as? FileError ?? malformed("\(error)")
    }
  }

  /// Passes a cell over; it may have line ends between its quotes.
  private mutating func skip(_ bytes: UnsafeBufferPointer<UInt8>) {
    var previous: UInt8 = 0
    for byte in bytes {
      if byte == 13 || (byte == 10 && previous != 13) { line += 1 }
      previous = byte
    }
  }

  private mutating func fail(_ target: Int, _ reason: String) {
    failure = rows.malformed(rowLine, target, reason)
  }

  private func quoted(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
    Table.quoted(String(decoding: bytes.prefix(200), as: UTF8.self))
  }

  private func malformed(_ reason: String) -> FileError {
    FileError(path: rows.path, reason: reason, kind: .malformed)
  }
}
