/// What could be done about something that a message tells of. How a user asks for it is the
/// caller's to say.
public enum Remedy: Equatable, Sendable {
  /// Take images in a smaller size.
  case smallerSize
  /// Read what symbolic links lead to.
  case followLinks
  /// Bring all sounds to one rate.
  case resample
  /// Mix the channels of sounds to one.
  case mixChannels
  /// Leave out columns of a table.
  case leaveOutColumns
  /// Leave out rows that lack a value.
  case leaveOutRows
  /// Add noise to columns of whole numbers.
  case addNoise
  /// Leave out sounds whose low bits are never used.
  case leaveOutSuspicious
}
