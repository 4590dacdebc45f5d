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
    let rows = outside
    if rows.isEmpty { return nil }
    let named = rows.prefix(5).map { "\($0 + 1)" }.joined(separator: ", ")
    return FileError(
      path: table.path,
      reason: "\(rows.count) of \(counted(logLikelihoods.count, "row")) "
        + "\(rows.count == 1 ? "lies" : "lie") outside of what the model gives a density to: "
        + "\(rows.count == 1 ? "row" : "rows") \(named)" + (rows.count > 5 ? ", …" : ""),
      kind: .malformed)
  }
}
