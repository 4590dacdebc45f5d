/// How a file of text holds its table, by its first lines.
struct CSVForm {
  /// What stands between cells: a comma, a semicolon or a tab.
  let delimiter: UInt8
  /// Whether the first line holds the columns' names.
  let hasHeader: Bool
  /// The columns' names, in the file's order.
  let columns: [String]
  /// Where the text begins, after a byte order mark.
  let start: Int
  /// How many rows there are if all of the file is like its beginning.
  let expectedRows: Int

  /// The longest cell that is read, in bytes.
  static let longest = 1 << 20

  /// Looks at a file; `header` is as in `Table(reading:)`.
  ///
  /// Throws a `FileError` if it is empty or no text, its lines are too long, or it has a header
  /// with a name that comes twice.
  init(of file: InputFile, header: Bool?) throws {
    func malformed(_ reason: String) -> FileError {
      FileError(path: file.path, reason: reason, kind: .malformed)
    }
    guard file.count > 0 else { throw malformed("is empty") }
    let mark = try file.count >= 3 && file.bytes(3, at: 0) == [0xEF, 0xBB, 0xBF]
    start = mark ? 3 : 0

    // As much as two rows need, which is more for thousands of columns.
    var best: Sample?
    for size in [1 << 16, 1 << 20, 1 << 24] {
      let bytes = try file.bytes(min(size, file.count - start), at: start)
      if let reason = bytes.withUnsafeBytes({ CSV.notText($0) }) { throw malformed(reason) }
      let isWhole = start + bytes.count == file.count
      let samples = [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")]
        .map { Sample(bytes, delimiter: $0, isWhole: isWhole) }
      best = samples.max { ($0.score, $0.isPreferred ? 1 : 0) < ($1.score, $1.isPreferred ? 1 : 0) }
      if isWhole || (best?.rows.count ?? 0) > 1 { break }
    }
    guard let best, let first = best.rows.first else {
      throw malformed(
        start + (1 << 24) < file.count ? "has a first line of more than 16 MiB" : "has no rows")
    }
    guard first.count <= TableRows.maximumColumns else {
      throw malformed("has more than \(TableRows.maximumColumns) columns")
    }
    delimiter = best.delimiter
    let hasHeader = header ?? Self.isHeader(first, before: best.rows.dropFirst().first)
    self.hasHeader = hasHeader
    if hasHeader, let column = best.notUTF8 {
      throw malformed(
        "line \(best.firstLine): the name of column \(column) is not UTF-8; save the file as that")
    }
    columns = first.enumerated().map { i, name in
      hasHeader && !name.isEmpty ? name : "x\(i + 1)"
    }
    var seen: Set<String> = []
    if let twice = columns.first(where: { !seen.insert($0).inserted }) {
      throw malformed("has two columns by the name \(Table.quoted(twice))")
    }
    let perRow = max(1, best.bytesPerRow)
    expectedRows = Int(Double(file.count) / perRow * 1.02) + 1
  }

  /// Names are text. Some may be whole numbers, such as years, if what stands beneath the others
  /// are numbers.
  private static func isHeader(_ first: [String], before second: [String]?) -> Bool {
    let kinds = first.map(Kind.init)
    guard kinds.contains(.text) else { return false }
    guard kinds.contains(.number) else { return true }
    guard let second, second.count == first.count else { return false }
    return first.indices.allSatisfy { i in
      switch kinds[i] {
      case .text: Kind(second[i]) != .text
      case .number: first[i].utf8.allSatisfy { $0 >= 48 && $0 < 58 }
      case .missing: true
      }
    }
  }

  private enum Kind {
    case number, missing, text

    init(_ cell: String) {
      var notation = DecimalNumber.Notation()
      var cell = cell
      switch cell.withUTF8({ DecimalNumber.read($0, &notation) }) {
      case .number, .infinite: self = .number
      case .missing: self = .missing
      case .text: self = .text
      }
    }
  }

  /// The first rows as they are with one delimiter.
  private struct Sample: CSVReceiver {
    let delimiter: UInt8
    private(set) var rows: [[String]] = []
    private var row: [String] = []
    /// The column, from 1, of the first cell of the first row that is not UTF-8.
    private(set) var notUTF8: Int?
    /// The line that the first row is in.
    private(set) var firstLine = 1
    private var afterReturn = false
    /// How many bytes a row has, with all that ends it.
    private(set) var bytesPerRow = 1.0
    private var cellBytes = 0
    private var rowBytes = 0

    init(_ bytes: [UInt8], delimiter: UInt8, isWhole: Bool) {
      self.delimiter = delimiter
      let parser = CSVParser<Self>(delimiter: delimiter)
      let isSound = bytes.withUnsafeBytes { parser.parse($0, into: &self) }
      // A last row that is cut off is no row.
      if isWhole && isSound { _ = parser.finish(into: &self) }
      if !rows.isEmpty { bytesPerRow = Double(rowBytes) / Double(rows.count) }
    }

    mutating func cell(_ bytes: UnsafeBufferPointer<UInt8>) {
      guard rows.count < 100, row.count <= TableRows.maximumColumns else { return }
      let text = String(decoding: bytes, as: UTF8.self)
      row.append(text)
      if rows.isEmpty, notUTF8 == nil, !text.utf8.elementsEqual(bytes) { notUTF8 = row.count }
      cellBytes += bytes.count + 1
    }

    mutating func lineEnd(_ byte: Int32) {
      guard !row.isEmpty else {
        // CRLF is reported as two
        if rows.isEmpty, byte != 10 || !afterReturn { firstLine += 1 }
        afterReturn = byte == 13
        return
      }
      rows.append(row)
      rowBytes += cellBytes
      row = []
      cellBytes = 0
    }

    var isPreferred: Bool { delimiter == UInt8(ascii: ",") }

    /// How much of the sample becomes rows of several numbers, 0 to 1.
    var score: Double {
      guard let width = rows.first?.count, width > 1 else { return 0 }
      let body = rows.count > 1 ? rows.dropFirst() : rows[...]
      let cells = body.reduce(0) { $0 + max($1.count, width) }
      let good = body.filter { $0.count == width }
        .reduce(0) { $0 + $1.count { Kind($0) != .text } }
      // Where nothing is a number the first row must tell.
      return (Double(good) + 0.001) / (Double(cells) + 0.001)
    }
  }
}
