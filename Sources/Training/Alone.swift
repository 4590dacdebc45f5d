/// One process alone: nobody to talk to.
public final class Alone: Communicator {
  public let rank = 0
  public let size = 1
  public var host: String { hostName() }

  /// The one and only rank.
  public init() {}

  public func send(_ bytes: UnsafeRawBufferPointer, to rank: Int, on channel: Channel) {
    preconditionFailure("there is no rank \(rank)")
  }

  public func receive(
    _ bytes: UnsafeMutableRawBufferPointer, from rank: Int, on channel: Channel
  ) { preconditionFailure("there is no rank \(rank)") }

  public func abort(_ reason: String, status: Int32) {}
}
