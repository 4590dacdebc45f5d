/// How fast and how wide a sound is.
public struct SoundFormat: Equatable, Hashable, Sendable {
  /// The rates that a sound may have, in Hz.
  public static let rates = 1...768_000
  /// The numbers of channels that a sound may have.
  public static let channelCounts = 1...8

  /// Frames per second, in Hz.
  public let rate: Int
  /// Samples per frame.
  public let channels: Int

  /// A format within `rates` and `channelCounts`.
  public init(rate: Int, channels: Int) {
    precondition(Self.rates.contains(rate), "a rate is 1 to 768000 Hz")
    precondition(Self.channelCounts.contains(channels), "a sound has 1 to 8 channels")
    self.rate = rate
    self.channels = channels
  }
}
