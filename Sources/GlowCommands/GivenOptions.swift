import ArgumentParser
import Models

/// What a conditional model is told.
struct GivenOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Values of the columns that the density is conditional on.", valueName: "column=value,…"))
  var given: [GivenValues] = []

  /// All of them, in the order that they were given in.
  var all: [GivenValue] { given.flatMap(\.values) }

  func validate() throws {
    try check(Set(all.map(\.column)).count == all.count, "--given says one column twice")
  }

  /// A value for each column that the model is conditional on. A usage error if there is one too few,
  /// one too many, or one that the model has not seen.
  func values(for c: FlowConfiguration) throws -> [String: Double] {
    let values = Dictionary(all.map { ($0.column, $0.value) }) { first, _ in first }
    if let problem = c.problem(given: values) {
      throw ValidationError("\(problem) (--given COLUMN=VALUE)")
    }
    return values
  }
}

/// A value of a column.
struct GivenValue {
  let column: String
  let value: Double
  /// The value as it was written.
  let text: String
}

/// Values of columns, written COLUMN=VALUE,COLUMN=VALUE.
struct GivenValues: ExpressibleByArgument {
  let values: [GivenValue]

  init?(argument: String) {
    let parts = argument.split(separator: ",", omittingEmptySubsequences: false)
    values = parts.compactMap { part in
      guard let sign = part.lastIndex(of: "="), sign != part.startIndex else { return nil }
      let text = String(part[part.index(after: sign)...])
      guard let value = Double(text), value.isFinite else { return nil }
      return GivenValue(column: String(part[..<sign]), value: value, text: text)
    }
    if values.count != parts.count { return nil }
  }
}
