/// Messages of one channel arrive in the order in which they were sent; those of two may overtake
/// each other.
public enum Channel: Int, CaseIterable, Sendable {
  /// Whatever ranks say one after the other.
  case words
  /// Sums on their way from rank 0 to the last one.
  case up
  /// Totals on their way back.
  case down
  /// That somebody is alive.
  case pulse
}
