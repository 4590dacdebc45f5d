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
