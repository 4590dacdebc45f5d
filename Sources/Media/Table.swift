/// A table of finite numbers: N rows of D named columns.
///
/// The numbers are double precision, as large offsets (times since 1970, say) have no digits left
/// for the differences in single precision. Subtract the mean first, then make them `Float`.
public struct Table: Sendable {
  /// Where it was read from, as the user named it; else what to call it in a message.
  public let path: String
  /// The columns' names, no two alike. Those of a file without names are x1, x2 and so on.
  public let columns: [String]
  /// The numbers, row after row: N×D.
  public let values: [Double]
  /// The rows that were left out when it was read, as they lacked a value: their places among all
  /// rows of the file, from 0.
  public let droppedRows: [Int]
  /// The columns of the file that were not asked for, where it was read from one.
  public internal(set) var passedOver: [String] = []

  /// A table of `values`, row after row.
  ///
  /// There must be at least one column, no name twice, and whole rows of finite numbers.
  public init(path: String, columns: [String], values: [Double], droppedRows: [Int] = []) {
    precondition(!columns.isEmpty, "a table has at least one column")
    precondition(Set(columns).count == columns.count, "two columns have one name")
    precondition(values.count % columns.count == 0, "the last row is not whole")
    self.path = path
    self.columns = columns
    self.values = values
    self.droppedRows = droppedRows
  }

  /// How many rows were left out.
  public var dropped: Int { droppedRows.count }

  /// Of a whole file, the number of each row in it, from 1, those left out counted.
  public var rowNumbers: [Int] {
    let left = Set(droppedRows)
    return (0..<rows + dropped).filter { !left.contains($0) }.map { $0 + 1 }
  }

  /// How many rows there are, N.
  public var rows: Int { values.count / columns.count }

  /// The values of one row, in the order of the columns.
  public func row(_ index: Int) -> ArraySlice<Double> {
    values[index * columns.count..<(index + 1) * columns.count]
  }

  /// The values of one column, in the order of the rows.
  public func column(_ index: Int) -> [Double] {
    precondition(columns.indices.contains(index), "no such column")
    return stride(from: index, to: values.count, by: columns.count).map { values[$0] }
  }

  /// The mean of a column, and the root of the mean squared distance from it.
  public func moments(of column: Int) -> (mean: Double, deviation: Double) {
    let values = self.column(column)
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (squares / Double(values.count)).squareRoot())
  }

  /// Whether a column has one value only.
  public func isConstant(_ column: Int) -> Bool {
    stride(from: column, to: values.count, by: columns.count)
      .allSatisfy { values[$0] == values[column] }
  }

  /// The table of the rows with these indices, in their order; an index may come more than once.
  public func rows(_ indices: some Collection<Int>) -> Table {
    var chosen: [Double] = []
    chosen.reserveCapacity(indices.count * columns.count)
    for index in indices { chosen += row(index) }
    return Table(path: path, columns: columns, values: chosen, droppedRows: droppedRows)
  }

  /// The table of the named columns, in the order of the names.
  ///
  /// Throws a `FileError` that names a column that is not there, and those that are, or one that
  /// is asked for twice.
  public func selecting(_ names: [String]) throws -> Table {
    let places = try Self.places(of: names, in: columns, path: path)
    var chosen: [Double] = []
    chosen.reserveCapacity(rows * places.count)
    for start in stride(from: 0, to: values.count, by: columns.count) {
      for place in places { chosen.append(values[start + place]) }
    }
    return Table(path: path, columns: names, values: chosen, droppedRows: droppedRows)
  }

  /// The table without the named columns; throws as `selecting`, and if none would be left.
  public func removing(_ names: [String]) throws -> Table {
    let removed = Set(try Self.places(of: names, in: columns, path: path))
    let rest = columns.indices.filter { !removed.contains($0) }
    guard !rest.isEmpty else {
      let reason = "has no column beside \(Self.list(names))"
      throw FileError(path: path, reason: reason, kind: .malformed)
    }
    return try selecting(rest.map { columns[$0] })
  }

  /// Where the named columns stand among `columns`; throws as `selecting`.
  static func places(of names: [String], in columns: [String], path: String) throws -> [Int] {
    let places = Dictionary(
      zip(columns, columns.indices), uniquingKeysWith: { first, _ in first })
    var seen: Set<String> = []
    return try names.map { name in
      let reason: String
      if !seen.insert(name).inserted {
        reason = "column \(quoted(name)) is asked for twice"
      } else if let place = places[name] {
        return place
      } else {
        let noun = columns.count == 1 ? "column is" : "columns are"
        reason = "has no column \(quoted(name)); its \(noun) \(list(columns))"
      }
      throw FileError(path: path, reason: reason, kind: .malformed)
    }
  }

  /// Names for a message, the first few of many.
  static func list(_ names: [String], limit: Int = 12) -> String {
    let shown = names.prefix(limit).joined(separator: ", ")
    return names.count > limit ? shown + " and \(names.count - limit) more" : shown
  }

  /// Text from a file for a message, cut short.
  static func quoted(_ text: String, limit: Int = 24) -> String {
    text.count > limit ? "\"\(text.prefix(limit))…\"" : "\"\(text)\""
  }
}
