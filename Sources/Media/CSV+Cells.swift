import CCSV

extension CSV {
  /// The cells of a small file, row by row, as they are: names beside numbers. Empty lines are
  /// passed over.
  ///
  /// Throws a `FileError` if it can't be read, is not UTF-8, or has rows of different lengths.
  public static func cells(reading path: String) throws -> [[String]] {
    let bytes = try WholeFile.read(path)
    var receiver = CellReceiver()
    let parser = CSVParser<CellReceiver>(delimiter: UInt8(ascii: ","))
    let isWhole =
      try bytes.withUnsafeBytes { bytes in
        if let reason = notText(bytes) {
          throw FileError(path: path, reason: reason, kind: .malformed)
        }
        return parser.parse(bytes, into: &receiver)
      } && parser.finish(into: &receiver)
    guard isWhole else {
      throw FileError(path: path, reason: "has a quote where none may be", kind: .malformed)
    }
    let width = receiver.rows.first?.count ?? 0
    if let row = receiver.rows.firstIndex(where: { $0.count != width }) {
      throw FileError(
        path: path,
        reason:
          "row \(row + 1) has \(counted(receiver.rows[row].count, "cell")), the first \(width)",
        kind: .malformed)
    }
    return receiver.rows
  }
}

private struct CellReceiver: CSVReceiver {
  var rows: [[String]] = []
  private var row: [String] = []

  mutating func cell(_ bytes: UnsafeBufferPointer<UInt8>) {
    row.append(String(decoding: bytes, as: UTF8.self))
  }

  mutating func lineEnd(_ byte: Int32) {
    if !row.isEmpty { rows.append(row) }
    row = []
  }
}
