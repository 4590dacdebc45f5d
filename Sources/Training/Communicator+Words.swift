import Foundation

/// What ranks say to each other one after the other: every one of them must make the same calls.
extension Communicator {
  /// Whether this is the rank that writes and prints.
  public var isLeader: Bool { rank == 0 }

  /// The examples of a batch that are this rank's.
  public func share(of batch: Int) -> Range<Int> { rank * batch / size..<(rank + 1) * batch / size }

  /// Sends bytes of any number.
  func send(_ bytes: Data, to rank: Int) throws {
    var count = Int64(bytes.count)
    try withUnsafeBytes(of: &count) { try send($0, to: rank, on: .words) }
    // a message's length is a C int
    for start in stride(from: 0, to: bytes.count, by: 1 << 24) {
      let piece = bytes[
        bytes.startIndex + start..<bytes.startIndex + min(bytes.count, start + 1 << 24)]
      try piece.withUnsafeBytes { try send($0, to: rank, on: .words) }
    }
  }

  /// Receives what was sent so.
  func receive(from rank: Int) throws -> Data {
    var count: Int64 = 0
    try withUnsafeMutableBytes(of: &count) { try receive($0, from: rank, on: .words) }
    var bytes = Data(count: Int(count))
    try bytes.withUnsafeMutableBytes { all in
      for start in stride(from: 0, to: all.count, by: 1 << 24) {
        let piece = all[start..<min(all.count, start + 1 << 24)]
        try receive(UnsafeMutableRawBufferPointer(rebasing: piece), from: rank, on: .words)
      }
    }
    return bytes
  }

  /// What rank 0 makes, on every rank. What is thrown there ends the run.
  func bytesFromLeader(_ make: () throws -> Data) throws -> Data {
    guard size > 1 else { return try make() }
    guard isLeader else { return try receive(from: 0) }
    let bytes = try make()
    for rank in 1..<size { try send(bytes, to: rank) }
    return bytes
  }

  /// What rank 0 makes, on every rank, as JSON in between.
  func fromLeader<Value: Codable>(_ make: () throws -> Value) throws -> Value {
    guard size > 1 else { return try make() }
    let bytes = try bytesFromLeader { try JSONEncoder().encode(make()) }
    return try JSONDecoder().decode(Value.self, from: bytes)
  }

  /// What every rank has, on every rank, in the order of the ranks.
  public func all<Value: Codable>(_ own: Value) throws -> [Value] {
    guard size > 1 else { return [own] }
    if !isLeader { try send(JSONEncoder().encode(own), to: 0) }
    return try fromLeader {
      try [own]
        + (1..<size).map {
          try JSONDecoder().decode(Value.self, from: receive(from: $0))
        }
    }
  }
}
