import ArgumentParser
import Detection
import Media
import Models
import Training

extension Score: ExpressibleByArgument {}

/// What files are judged by, and from where on the alarm is raised.
struct AlarmOptions: ParsableArguments {
  static let defaultAlarm = 0.01

  @Option(
    help: ArgumentHelp(
      "What glow calibrate wrote (default: beside the checkpoint).", valueName: "file"),
    completion: .file())
  var calibration: String?
  @Option(help: "What to judge by.")
  var score: Score = .combined
  @Option(help: ArgumentHelp("The p at and below which the alarm is raised.", valueName: "p"))
  var alarm = Self.defaultAlarm

  /// Whether all is as it is where nothing is given.
  var isEmpty: Bool { calibration == nil && score == .combined && alarm == Self.defaultAlarm }

  func validate() throws {
    try check(alarm > 0 && alarm < 1, "--alarm must lie between 0 and 1")
  }

  /// The calibration of a model. Throws a `FileError` if there is none or it is another's, and a usage
  /// error if it does not serve the alarm or has not the score.
  func read(of checkpoint: Checkpoint, _ model: any Model) throws -> Calibration {
    do {
      let known = try Calibration(
        reading: calibration ?? Calibration.path(of: checkpoint.path), for: model)
      if let problem = known.problem(with: alarm) { throw ValidationError("--alarm: \(problem)") }
      try check(
        known.scores.contains(score),
        "--score \(score) is for images and sounds; of a table there are "
          + known.scores.map(\.rawValue).joined(separator: ", "))
      return known
    } catch let error as FileError where error.kind == .missing && calibration == nil {
      throw FileError(
        path: checkpoint.path,
        reason: "has no calibration: glow calibrate \(shellQuoted(checkpoint.path)) --held-out "
          + "makes one, of what the run held out",
        kind: .missing)
    }
  }
}

extension Calibration {
  /// Why the alarm can't be raised at this p, or nil.
  func problem(with alarm: Double) -> String? {
    allows(alarm: alarm)
      ? nil
      : "an alarm at \(alarm) needs more than \((1 / alarm).formatted(0)) known-good examples; "
        + "the calibration has \(grouped(statistics.items.count))"
  }
}
