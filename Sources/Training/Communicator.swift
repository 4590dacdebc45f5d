/// How the ranks of a run reach each other: processes of several machines, of one, or threads.
///
/// A rank is one of `size` equals that compute one step together, each its share of the batch. What
/// is asked of a body is little: bytes from one rank to another, in order, and an end for all.
/// Sums, broadcasts and comparisons are written once, on top.
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

  /// Ends the run on all ranks, because of this one, which exits with a status.
  func abort(_ reason: String, status: Int32)
}
