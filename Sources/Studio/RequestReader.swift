import FlyingSocks
import Foundation

/// Reads one request from a connection, never more of it than the limits allow.
///
/// FlyingFox's own reader keeps a line of any length and waits for it for ever.
struct RequestReader: Sendable {
  let socket: AsyncSocket
  let limits: Limits

  /// The head of a request, and what is known of its body before any of it is read.
  struct Head {
    let request: Request
    /// The bytes of the body.
    let length: Int
    /// Those that came with the head.
    fileprivate let first: [UInt8]
  }

  /// The head of the next request. `admit` sees it and says how long a body it may have. Throws a
  /// `Refusal`, or what the socket throws.
  func head(_ admit: @Sendable (Request) throws -> Int) async throws -> Head {
    let (head, rest) = try await within(limits.headSeconds) { try await readHead() }
    let request = try Request(head: head)
    guard request.headers["transfer-encoding"] == nil else { throw Refusal.lengthNeeded }
    let most = try admit(request)
    let lengths = request.headers["content-length"]
    guard lengths != nil || request.method != "POST" else { throw Refusal.lengthNeeded }
    guard let lengths else { return Head(request: request, length: 0, first: []) }
    guard lengths.count == 1, let text = lengths.first, text.utf8.allSatisfy({ 48...57 ~= $0 }),
      let length = Int(text)
    else { throw Refusal.malformed }
    guard length <= most else { throw Refusal.bodyTooLarge }
    return Head(request: request, length: length, first: rest)
  }

  /// The whole request. Throws as `head`.
  func request(_ head: Head) async throws -> Request {
    var request = head.request
    if request.header("expect")?.lowercased() == "100-continue" {
      try await socket.write(Data("HTTP/1.1 100 Continue\r\n\r\n".utf8))
    }
    request.body = try await within(limits.bodySeconds) {
      try await readBody(head.length, head.first)
    }
    return request
  }

  /// The head without its empty line, and what came behind it.
  private func readHead() async throws -> ([UInt8], [UInt8]) {
    var bytes: [UInt8] = []
    var (start, lines) = (0, 0)
    while true {
      bytes += try await socket.read(atMost: 4096)
      while let end = bytes[start...].firstRange(of: [13, 10])?.lowerBound {
        if end == start {
          guard lines > 0 else { throw Refusal.malformed }
          return (Array(bytes[..<(start - 2)]), Array(bytes[(end + 2)...]))
        }
        (start, lines) = (end + 2, lines + 1)
        guard end <= limits.head, lines <= limits.headers else { throw Refusal.headTooLarge }
      }
      guard bytes.count <= limits.head else { throw Refusal.headTooLarge }
    }
  }

  private func readBody(_ length: Int, _ first: [UInt8]) async throws -> [UInt8] {
    var bytes = Array(first.prefix(length))
    while bytes.count < length {
      bytes += try await socket.read(atMost: min(4096, length - bytes.count))
    }
    return bytes
  }
}
