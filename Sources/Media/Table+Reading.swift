import Foundation

extension Table {
  /// Reads a table from a file: NPY if it begins as one, else CSV; see `NPY` and `CSV`.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - columns: The columns to read, all unless given. What others hold does not matter.
  ///   - header: Whether a CSV file's first line holds names; it is looked at unless given.
  ///   - dropMissing: Whether rows that lack a value are left out. Otherwise they are an error.
  ///   - minimumRows: How many rows there must be.
  ///
  /// Throws a `FileError` if the file is missing, or is anything but a table of finite numbers.
  public init(
    reading path: String, columns: [String]? = nil, header: Bool? = nil, dropMissing: Bool = false,
    minimumRows: Int = 1
  ) throws {
    let file = try InputFile(path: path)
    let isNPY = try file.count >= 6 && file.bytes(6, at: 0) == NPY.magic
    let table =
      isNPY
      ? try NPY.read(file, columns: columns, dropMissing: dropMissing)
      : try CSV.read(file, columns: columns, header: header, dropMissing: dropMissing)
    guard table.rows >= minimumRows else {
      let reason = "has \(counted(table.rows, "row")) only; at least \(minimumRows) are needed"
      throw FileError(path: path, reason: reason, kind: .malformed)
    }
    self = table
  }
}

/// Collects a table's rows as they are read, and counts what is missing in them.
struct TableRows {
  let path: String
  let columns: [String]
  /// What a reader counts rows by: "line" or "row".
  let unit: String
  let dropMissing: Bool

  /// How many columns a table may have.
  static let maximumColumns = 1 << 16

  private var values: [Double] = []
  private var missing: [Int]
  private var incompleteRows: [Int] = []
  private var count = 0
  private var firstMissing: (place: Int, column: Int)?
  /// How many numbers the machine's memory could hold.
  private let limit = Int(clamping: ProcessInfo.processInfo.physicalMemory / 8)

  init(path: String, columns: [String], unit: String, dropMissing: Bool) {
    self.path = path
    self.columns = columns
    self.unit = unit
    self.dropMissing = dropMissing
    missing = [Int](repeating: 0, count: columns.count)
  }

  /// Makes room for so many rows, which are known to be in the file; throws if memory can't hold
  /// them.
  mutating func reserve(_ rows: Int) throws {
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns.count)
    guard !overflow, count <= limit else { throw tooLarge }
    values.reserveCapacity(count)
  }

  /// Adds a row, in which NaN is a missing value; `place` is its number in the file.
  ///
  /// Throws a `FileError` if a value is infinite.
  mutating func append(_ row: UnsafeBufferPointer<Double>, place: Int) throws {
    defer { count += 1 }
    var sum = 0.0
    for value in row { sum += value - value }
    if sum.isNaN {
      if let column = row.firstIndex(where: \.isInfinite) {
        throw malformed(place, column, "is infinite")
      }
      incompleteRows.append(count)
      for column in row.indices where row[column].isNaN {
        missing[column] += 1
        if firstMissing == nil { firstMissing = (place, column) }
      }
    } else if dropMissing || incompleteRows.isEmpty {
      guard values.count <= limit - row.count else { throw tooLarge }
      values.append(contentsOf: row)
    }
  }

  /// The table of all rows.
  ///
  /// Throws a `FileError` if there are none, or a value is missing and may not be.
  func table() throws -> Table {
    if let first = firstMissing, !dropMissing {
      let total = missing.reduce(0, +)
      let counts = columns.indices.filter { missing[$0] > 0 }
        .map { "\(columns[$0]) \(missing[$0])" }
      var reason = "lacks \(counted(total, "value"))"
      reason += total == 1 ? ", in" : " in \(counted(incompleteRows.count, "row")), the first in"
      reason += " \(unit) \(first.place), column \(Table.quoted(columns[first.column]))"
      if counts.count > 1 { reason += " (by column: \(Table.list(counts)))" }
      throw malformed(reason, remedy: .leaveOutRows)
    }
    guard !values.isEmpty else {
      throw malformed(
        !incompleteRows.isEmpty ? "has no row without a missing value" : "has no rows")
    }
    return Table(path: path, columns: columns, values: values, droppedRows: incompleteRows)
  }

  func malformed(_ place: Int, _ column: Int, _ reason: String) -> FileError {
    malformed("\(unit) \(place), column \(Table.quoted(columns[column])): \(reason)")
  }

  private func malformed(_ reason: String, remedy: Remedy? = nil) -> FileError {
    FileError(path: path, reason: reason, kind: .malformed, remedy: remedy)
  }

  private var tooLarge: FileError {
    malformed("needs more than the \(limit >> 27) GiB of memory that this machine has")
  }
}
