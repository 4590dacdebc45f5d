import Foundation

extension TableSurvey {
  /// A few lines for a user: what the table is, then what is odd, one line each.
  public var lines: [Note] { lines(apartFrom: []) }

  /// As `lines`, without what is odd in the columns of these names.
  public func lines(apartFrom names: Set<String>) -> [Note] {
    func others(_ indices: [Int]) -> [Int] { indices.filter { !names.contains(columns[$0].name) } }
    let (constant, integers, coarse) = (others(constant), others(integers), others(coarse))
    let (duplicates, heavyTailed) = (
      duplicates.filter { !names.contains(columns[$0.column].name) }, others(heavyTailed)
    )
    var lines = [Note(summary)]
    if hasMoreColumnsThanRows {
      lines.append(
        Note(
          "few rows: \(counted(rows, "row")) for \(counted(columns.count, "column")); a density of"
            + " so many columns will fit them by heart"))
    }
    if repeatedRows > 0 {
      let most = mostRepeats > 2 ? ", one of them \(mostRepeats) times" : ""
      lines.append(
        Note(
          "repeated: \(counted(distinctRows, "different row"))\(most); what comes again flatters a"
            + " density, more so if validation holds it too"))
    }
    if !constant.isEmpty {
      lines.append(Note("constant: \(list(constant) { _ in nil })", remedy: .leaveOutColumns))
    }
    if !duplicates.isEmpty {
      let shown = duplicates.prefix(6).map { "\(columns[$0.column].name) = \(formula(of: $0))" }
      let more = duplicates.count > 6 ? " and \(duplicates.count - 6) more" : ""
      let text =
        "copies: \(shown.joined(separator: ", "))\(more), which flatters a density without bound"
      lines.append(Note(text, remedy: .leaveOutColumns))
    }
    if !integers.isEmpty {
      let all = integers.count == columns.count && columns.count > 1
      let text =
        "whole numbers: \(all ? "all columns" : list(integers) { _ in nil }), which flatters a"
        + " density without bound"
      lines.append(Note(text, remedy: .addNoise))
    }
    if !coarse.isEmpty {
      let shown = list(coarse) {
        "\($0.distinct) values in \(counted($0.sampled, "row"))"
      }
      lines.append("few values: \(shown), which flatters a density")
    }
    if !heavyTailed.isEmpty {
      let shown = list(heavyTailed) {
        "\(counted($0.outliers, "value")) beyond ten quartile ranges, \(short($0.minimum)) to"
          + " \(short($0.maximum))"
      }
      lines.append("far out: \(shown)")
    }
    return lines
  }

  /// What a copy is of its original: "a", "2 · a − 1".
  public func formula(of copy: Duplicate) -> String {
    let original = columns[copy.original].name
    if copy.isIdentical { return original }
    let times = copy.slope == 1 ? original : "\(short(copy.slope)) · \(original)"
    if copy.offset == 0 { return times }
    return "\(times) \(copy.offset < 0 ? "−" : "+") \(short(abs(copy.offset)))"
  }

  private var summary: String {
    let dropped = dropped > 0 ? " (\(counted(dropped, "row")) with missing values left out)" : ""
    let shown = columns.prefix(6).map {
      "\($0.name) \(short($0.minimum)) to \(short($0.maximum))"
    }
    let more = columns.count > 6 ? " and so on" : ""
    return "\(counted(rows, "row"))\(dropped) of \(counted(columns.count, "column")):"
      + " \(shown.joined(separator: ", "))\(more)"
  }

  /// The first few columns, each with what `detail` says of it.
  private func list(_ indices: [Int], detail: (Column) -> String?) -> String {
    let shown = indices.prefix(6).map { i in
      columns[i].name + (detail(columns[i]).map { " (\($0))" } ?? "")
    }
    let more = indices.count > 6 ? " and \(indices.count - 6) more" : ""
    return shown.joined(separator: ", ") + more
  }

  /// A number in four digits or so, with a true minus.
  private func short(_ value: Double) -> String {
    let text =
      value.rounded() == value && abs(value) < 1e15
      ? String(Int(value)) : String(format: "%.4g", value)
    return text.replacing("-", with: "−")
  }
}
