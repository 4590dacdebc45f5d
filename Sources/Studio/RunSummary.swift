/// A run as the table shows it.
struct RunSummary: Codable, Equatable, Sendable {
  enum State: String, Codable, Sendable {
    case running, done
    /// It ended in good order before its end, as by Ctrl-C.
    case stopped
    case died
    /// A checkpoint without a run.
    case file
  }

  let id: String
  var name: String
  var state: State
  /// What is learned, and from what; nil until there is a checkpoint.
  var model: String?
  var kind: String?
  var data: String?
  var seconds: Double?
  var steps: Int?
  /// The part of the run that is done, 0 to 1.
  var done: Double?
  /// The best validation, its error and where it was.
  var best: Double?
  var bestError: Double?
  var bestStep: Int?
  /// What the figure is called, in words and in metrics.jsonl, and whether more of it is better.
  var figure: String?
  var figureKey: String?
  var isMoreBetter: Bool?
  /// Examples a second.
  var speed: Double?
  var skipped: Int
  var rollbacks: Int
  var warnings: Int
  /// How much of the metrics there is, of which writing of the file.
  var generation: Int
  var bytes: Int
  /// When its options were written.
  var optionsTime: Double?
  /// Whether there is a checkpoint to draw from.
  var hasModel: Bool
  /// What is wrong with it, in a line.
  var problem: String?
}
