import Foundation

/// Ranks that are threads of one process, with their messages in memory. Each has a model of its
/// own; what they share is this.
public final class ThreadRanks: Communicator {
  public let rank: Int
  public let size: Int
  public var host: String { "thread" }
  private let mail: Mail

  private init(rank: Int, size: Int, mail: Mail) {
    (self.rank, self.size, self.mail) = (rank, size, mail)
  }

  /// So many ranks that know each other.
  public static func group(of size: Int) -> [ThreadRanks] {
    let mail = Mail()
    return (0..<size).map { ThreadRanks(rank: $0, size: size, mail: mail) }
  }

  public func send(_ bytes: UnsafeRawBufferPointer, to rank: Int, on channel: Channel) throws {
    try mail.put(Data(bytes), Address(from: self.rank, to: rank, channel: channel))
  }

  public func receive(
    _ bytes: UnsafeMutableRawBufferPointer, from rank: Int, on channel: Channel
  ) throws {
    let data = try mail.take(Address(from: rank, to: self.rank, channel: channel))
    precondition(data.count == bytes.count, "\(data.count) bytes came, not \(bytes.count)")
    data.copyBytes(to: bytes)
  }

  public func abort(_ reason: String, status: Int32) {
    mail.end(RankFailure(rank: rank, host: host, cause: reason))
  }

  private struct Address: Hashable {
    let from, to: Int
    let channel: Channel
  }

  /// All messages that were sent and not yet received.
  private final class Mail: @unchecked Sendable {
    // every access holds this one's lock
    private let condition = NSCondition()
    private var letters: [Address: [Data]] = [:]
    private var end: RankFailure?

    func put(_ data: Data, _ address: Address) throws {
      try condition.withLock {
        if let end { throw end }
        letters[address, default: []].append(data)
        condition.broadcast()
      }
    }

    func take(_ address: Address) throws -> Data {
      try condition.withLock {
        while letters[address, default: []].isEmpty {
          if let end { throw end }
          condition.wait()
        }
        return letters[address, default: []].removeFirst()
      }
    }

    func end(_ failure: RankFailure) {
      condition.withLock {
        end = end ?? failure
        condition.broadcast()
      }
    }
  }
}
