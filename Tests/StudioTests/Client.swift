import Foundation

/// A client that sends any bytes, as no browser would.
struct Client {
  private let descriptor: Int32

  /// Nil if it can't connect.
  init?(port: Int) {
    #if canImport(Darwin)
      descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #else
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #endif
    var time = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isThere = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) == 0 }
    }
    if !isThere {
      close(descriptor)
      return nil
    }
  }

  /// False once the server takes no more.
  @discardableResult
  func send(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    #if canImport(Darwin)
      return Foundation.send(descriptor, bytes, bytes.count, 0) == bytes.count
    #else
      return Foundation.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
    #endif
  }

  /// What comes until the server ends it, or until there is so much.
  func receive(_ most: Int = .max) -> String {
    var all: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 65536)
    while all.count < most {
      let count = recv(descriptor, &piece, min(piece.count, most - all.count), 0)
      guard count > 0 else { break }
      all += piece[..<count]
    }
    return String(decoding: all, as: UTF8.self)
  }

  /// Says that it sends no more.
  func endHalf() { shutdown(descriptor, Int32(SHUT_WR)) }

  func end() { close(descriptor) }
}
