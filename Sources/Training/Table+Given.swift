import Media
import Models

extension Table {
  /// The rows that go with these values of a model's context: those with the very value of a column
  /// that the model knows a few values of, and of them the tenth, 50 rows at least, that lies
  /// nearest in the other columns. Throws a `FileError` if there is no such column or row.
  public func rows(given values: [String: Double], for c: FlowConfiguration) throws -> Table {
    var rest = Array(0..<rows)
    for column in c.context where !column.values.isEmpty {
      let own = try selecting([column.name]).values
      rest.removeAll { own[$0] != values[column.name] }
    }
    guard !rest.isEmpty else {
      throw FileError(
        path: path, reason: "has no row with the values that are given", kind: .malformed)
    }
    let measured = c.context.filter(\.values.isEmpty)
    if !measured.isEmpty {
      var distance = [Double](repeating: 0, count: rows)
      for column in measured {
        let own = try selecting([column.name]).values
        let center = values[column.name] ?? column.shift
        for n in rest {
          let away = (own[n] - center) / column.scale
          distance[n] += away * away
        }
      }
      rest = rest.sorted { (distance[$0], $0) < (distance[$1], $1) }
      rest = rest.prefix(max(50, rest.count / 10)).sorted()
    }
    return rows(rest)
  }
}
