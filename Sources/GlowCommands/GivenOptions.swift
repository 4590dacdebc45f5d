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
    if let wrong = given.lazy.compactMap(\.wrong).first {
      throw ValidationError("--given \(wrong): must be COLUMN=NUMBER, as label=1")
    }
    try check(Set(all.map(\.column)).count == all.count, "--given says one column twice")
  }

  /// A value for each column that the model is conditional on. A usage error if there is one too
  /// few, one too many, or one that the model has not seen.
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
  /// The first that is none, if there is one.
  let wrong: String?

  init(argument: String) {
    var (values, wrong) = ([GivenValue](), String?.none)
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let sign = part.lastIndex(of: "=") ?? part.startIndex
      let text = String(part[sign...].dropFirst())
      if sign != part.startIndex, let value = Double(text), value.isFinite {
        values.append(GivenValue(column: String(part[..<sign]), value: value, text: text))
      } else if wrong == nil {
        wrong = String(part)
      }
    }
    (self.values, self.wrong) = (values, wrong)
  }
}
