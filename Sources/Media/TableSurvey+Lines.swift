import Foundation

extension TableSurvey {
  /// A few lines for a user: what the table is, then what is odd, one line each.
  public var lines: [Note] { lines(given: [], dequantized: []) }

  /// As `lines`, without what is odd in the columns that a density is given or that get noise.
  public func lines(given conditions: Set<String>, dequantized: Set<String>) -> [Note] {
    let names = conditions.union(dequantized)
    func others(_ indices: [Int]) -> [Int] { indices.filter { !names.contains(columns[$0].name) } }
    let (constant, integers, coarse) = (others(constant), others(integers), others(coarse))
    let unresolved = others(unresolved)
    let (duplicates, heavyTailed) = (
      duplicates.filter { !names.contains(columns[$0.column].name) }, others(heavyTailed)
    )
    var lines = [Note(summary)]
    if hasMoreColumnsThanRows {
      lines.append(
        Note(
          "few rows: \(counted(rows, "row")) for \(counted(columns.count, "column")); a density of"
            + " so many columns will fit them by heart", isWarning: true))
    }
    // a few of thousands say nothing
    if repeatedRows * 100 >= rows, repeatedRows > 0 {
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
    let dependences = dependences.filter { sum in
      let members = ([sum.column] + sum.terms.map(\.column)).map { columns[$0].name }
      return !members.allSatisfy(conditions.contains)
        && !members.contains(where: dequantized.contains)
    }
    if !dependences.isEmpty {
      let shown = dependences.prefix(3).map { "\(columns[$0.column].name) = \(formula(of: $0))" }
      let more = dependences.count > 3 ? " and \(dependences.count - 3) more" : ""
      let text =
        "dependent: \(shown.joined(separator: ", "))\(more); all rows are on a plane, which flatters"
        + " a density without bound"
      lines.append(Note(text, remedy: .leaveOutColumns, isWarning: true))
    }
    if !unresolved.isEmpty {
      let shown = list(unresolved) {
        "\(counted(Int($0.float32Steps), "step")) from quartile to quartile"
      }
      lines.append(
        Note("too fine for float32 beside what is far out: \(shown)", isWarning: true))
    }
    if !integers.isEmpty {
      let all = integers.count == columns.count && columns.count > 1
      let text =
        "whole numbers: \(all ? "all columns" : list(integers) { _ in nil }), which flatters a"
        + " density without bound"
      lines.append(Note(text, remedy: .addNoise, isWarning: true))
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
    return sum([(copy.slope, original)], copy.offset)
  }

  /// What a dependent column is of others: "a + b", "100 − a − b"; "…" stands for more than six.
  public func formula(of sum: Dependence) -> String {
    let terms = sum.terms.map { ($0.factor, columns[$0.column].name) }
    return self.sum(Array(terms.prefix(6)), sum.offset) + (terms.count > 6 ? " + …" : "")
  }

  private func sum(_ terms: [(factor: Double, name: String)], _ offset: Double) -> String {
    var text = ""
    func add(_ value: Double, _ word: String) {
      text += text.isEmpty ? (value < 0 ? "−" : "") : value < 0 ? " − " : " + "
      text += word
    }
    for (factor, name) in terms {
      let size = short(abs(factor))
      add(factor, size == "1" ? name : "\(size) · \(name)")
    }
    if offset != 0 { add(offset, short(abs(offset))) }
    return text
  }

  private var summary: String {
    let dropped = dropped > 0 ? " (\(counted(dropped, "row")) with missing values left out)" : ""
    let shown = columns.prefix(6).map {
      let digits = digits(from: $0.minimum, to: $0.maximum)
      return "\($0.name) \(short($0.minimum, digits)) to \(short($0.maximum, digits))"
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

  /// How many digits tell the ends of a range apart: four, or as many as they have in common and
  /// two.
  private func digits(from low: Double, to high: Double) -> Int {
    let common = log10(max(abs(low), abs(high)) / (high - low))
    return common.isFinite ? min(17, max(4, Int(common) + 3)) : 4
  }

  /// A number in four digits or so, with a true minus.
  private func short(_ value: Double, _ digits: Int = 4) -> String {
    let text: String
    if value.rounded() == value && abs(value) < 1e15 {
      text = String(Int(value))
    } else if digits > 4, (1e-4...1e17).contains(abs(value)) {
      text = String(format: "%.*f", max(0, digits - 1 - Int(floor(log10(abs(value))))), value)
    } else {
      text = String(format: "%.*g", digits, value)
    }
    return text.replacing("-", with: "−")
  }
}
