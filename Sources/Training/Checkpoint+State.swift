import Media

extension Trainer.State {
  /// What a checkpoint holds under `state.`.
  var numbers: [(name: String, value: Double)] {
    [
      ("iteration", Double(iteration)), ("skipped", Double(skipped)),
      ("skipped_in_row", Double(skippedInRow)), ("rollbacks", Double(rollbacks)),
      ("seconds", seconds), ("best", best),
      ("evaluations_since_best", Double(evaluationsSinceBest)), ("loss_sum", lossSum),
      ("loss_count", Double(lossCount)), ("mean_gradient_norm", meanGradientNorm),
    ]
  }

  /// The state in a checkpoint; what it lacks is as at the start. Throws a `FileError` if a number
  /// makes no sense.
  init(reading file: Safetensors) throws {
    func number(_ name: String, where isGood: (Double) -> Bool = { $0.isFinite && $0 >= 0 }) throws
      -> Double?
    {
      guard file.entries["state." + name] != nil else { return nil }
      let value = try (file.values("state." + name, shape: [1]) as [Double])[0]
      guard !value.isNaN else {
        throw FileError(
          path: file.path, reason: "state.\(name) is not a number", kind: .malformed)
      }
      guard isGood(value) else {
        throw FileError(path: file.path, reason: "state.\(name) is \(value)", kind: .malformed)
      }
      return value
    }
    func count(_ name: String, most: Double = 0x1p40) throws -> Int {
      Int(try number(name) { $0 >= 0 && $0 <= most && $0 == $0.rounded() } ?? 0)
    }
    self.init(
      iteration: try count("iteration"), skipped: try count("skipped"),
      skippedInRow: try count("skipped_in_row"),
      rollbacks: try count("rollbacks", most: Double(TrainingRun.mostRollbacks)),
      seconds: try number("seconds") ?? 0, best: try number("best") { !$0.isNaN } ?? .infinity,
      evaluationsSinceBest: try count("evaluations_since_best"),
      lossSum: try number("loss_sum") { $0.isFinite } ?? 0, lossCount: try count("loss_count"),
      meanGradientNorm: try number("mean_gradient_norm") ?? 0)
  }
}
