import ArgumentParser
import Training

/// What a run validates on.
struct ValidationOptions: ParsableArguments {
  /// What the part held out may be.
  static let fractions = Bounds<Double>("must be at least 0 and below 1") { $0 >= 0 && $0 < 1 }

  @Option(
    help: ArgumentHelp("A folder, or a table, to validate on.", valueName: "path"),
    completion: .file())
  var validation: String?
  @Option(
    help: ArgumentHelp(
      "The part of the files or rows held out to validate on (default: 0.1, at most 1,000 files or "
        + "10,000 rows; of fewer than four sounds their ends, of fewer than 20 rows none).",
      valueName: "part"))
  var validationFraction: Double?

  func validate() throws {
    try check(
      validation == nil || validationFraction == nil,
      "--validation and --validation-fraction exclude each other")
  }
}
