import Foundation

/// How the ranks of a run reach each other: processes of several machines, of one, or threads.
///
/// A rank is one of `size` equals that compute one step together, each its share of the batch. What
/// is asked of a body is little: bytes from one rank to another, in order, and an end for all. Sums,
/// broadcasts and comparisons are written once, on top.
public protocol Communicator: AnyObject, Sendable {
  /// Which one this is, counted from 0; rank 0 alone writes files, prints, and looks at the clock.
  var rank: Int { get }
  /// How many there are.
  var size: Int { get }

  /// The name of the machine that this rank is on.
  var host: String { get }

  /// Sends bytes, which are free again afterwards. Throws a `RankFailure` if the run has ended.
  func send(_ bytes: UnsafeRawBufferPointer, to rank: Int, on channel: Channel) throws

  /// Waits for as many bytes from a rank. Throws a `RankFailure` if the run has ended.
  func receive(_ bytes: UnsafeMutableRawBufferPointer, from rank: Int, on channel: Channel) throws

  /// Ends the run on all ranks, because of this one.
  func abort(_ reason: String)
}

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

/// The end of a run because of one rank.
public struct RankFailure: Error, Equatable, CustomStringConvertible {
  /// The rank that failed, and its machine.
  public let rank: Int, host: String
  /// What happened there.
  public let cause: String

  /// A failure of a rank.
  public init(rank: Int, host: String, cause: String) {
    (self.rank, self.host, self.cause) = (rank, host, cause)
  }

  public var description: String { "rank \(rank) on \(host): \(cause)" }
}

/// One process alone: nobody to talk to.
public final class Alone: Communicator {
  public let rank = 0
  public let size = 1
  public let host = hostName()

  /// The one and only rank.
  public init() {}

  public func send(_ bytes: UnsafeRawBufferPointer, to rank: Int, on channel: Channel) {
    preconditionFailure("there is no rank \(rank)")
  }

  public func receive(
    _ bytes: UnsafeMutableRawBufferPointer, from rank: Int, on channel: Channel
  ) { preconditionFailure("there is no rank \(rank)") }

  public func abort(_ reason: String) {}
}
