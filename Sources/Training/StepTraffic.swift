/// Where the time of a step went that several ranks took.
public struct StepTraffic: Sendable {
  /// Seconds in which this rank computed.
  public let computing: Double
  /// Seconds in which it only waited for sums.
  public let waiting: Double
  /// Bytes that it sent and received.
  public let bytes: Int

  /// As it stands in metrics.jsonl.
  package var fields: [(key: String, value: Double)] {
    [("compute_seconds", computing), ("wait_seconds", waiting), ("sum_bytes", Double(bytes))]
  }
}
