import Media
import Models

extension RowScores {
  /// Writes a row for each: its number, counted from 1, and its log-likelihood in nats. Throws a
  /// `FileError` if it can't.
  public func write(to path: String) throws {
    try TableWriter.write(to: path, columns: ["row", "nats"], as: .float64) { writer in
      for (row, score) in logLikelihoods.enumerated() {
        try writer.append([Double(row + 1), score])
      }
    }
  }

  /// What is wrong with a table of rows that have no density, in one line; nil if there are none.
  public func outsideError(in table: Table) -> FileError? {
    table.error(outside: outside, of: "what the model gives a density to")
  }
}

extension Table {
  /// That these rows, counted from 0, lie outside of a place, in one line; nil if there are none.
  func error(outside rows: [Int], of place: String) -> FileError? {
    if rows.isEmpty { return nil }
    let named = rows.prefix(5).map { "\($0 + 1)" }.joined(separator: ", ")
    return FileError(
      path: path,
      reason: "\(rows.count) of \(counted(self.rows, "row")) \(rows.count == 1 ? "lies" : "lie") "
        + "outside of \(place): \(rows.count == 1 ? "row" : "rows") \(named)"
        + (rows.count > 5 ? ", …" : ""),
      kind: .malformed)
  }

  /// What is wrong with a table for a model whose first flow knows (0, 1) only; nil if nothing is.
  public func outsideError(for c: FlowConfiguration) throws -> FileError? {
    guard c.takesUnitInterval else { return nil }
    let own = try selecting(c.columns)
    let outside = (0..<rows).filter { row in
      // as the model takes it
      own.row(row).contains { !(Float($0) > 0 && Float($0) < 1) }
    }
    return error(outside: outside, of: "(0, 1), where the flow logit begins")
  }
}
