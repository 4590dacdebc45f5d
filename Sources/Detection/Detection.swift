/// The files of a set, each with its scores and how often a known-good file scores so.
public struct Detection: Sendable {
  /// What was found of one file.
  public struct Finding: Sendable {
    /// Its path, or the number of a table's row.
    public let item: String
    /// The folder that it lies in.
    public let kind: String?
    /// By the score that is judged by.
    public let score: Double
    /// How often a known-good file scores as much or more.
    public let p: Double
    /// All scores, in the order of `Calibration.scores`.
    public let scores: [Double]
  }

  /// In the order of the set.
  public let findings: [Finding]
  /// From the most surprising on.
  public let ranked: [Finding]
  /// What is judged by.
  public let score: Score
  /// The p from which on a file raises the alarm.
  public let alarm: Double

  /// Judges a set by what known-good files score.
  public init(
    _ tested: Statistics, by calibration: Calibration, score: Score = .combined, alarm: Double
  ) {
    (self.score, self.alarm) = (score, alarm)
    let all = calibration.scores.map { calibration.score($0, of: tested) }
    let place = calibration.scores.firstIndex(of: score)
    precondition(place != nil, "a score that there is of these")
    let own = all[place ?? 0]
    findings = tested.items.indices.map { i in
      Finding(
        item: tested.items[i], kind: tested.kinds?[i], score: own[i],
        p: calibration.p(own[i], score), scores: all.map { $0[i] })
    }
    ranked = findings.sorted { ($0.p, -$0.score, $0.item) < ($1.p, -$1.score, $1.item) }
  }

  /// The number of files that raise the alarm.
  public var alarms: Int { findings.count { $0.p <= alarm } }
}
