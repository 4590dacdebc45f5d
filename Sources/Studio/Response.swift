import Foundation

/// An answer. The connection ends with it, so that no second request can hide behind a first.
struct Response: Sendable {
  enum Body: Sendable {
    case bytes([UInt8])
    /// Piece by piece, for as long as there are some.
    case stream(AsyncStream<[UInt8]>)
  }

  let status: Int
  let type: String
  let headers: [String: String]
  let body: Body

  init(_ status: Int = 200, type: String, headers: [String: String] = [:], body: Body) {
    (self.status, self.type, self.headers, self.body) = (status, type, headers, body)
  }

  static func text(_ status: Int, _ text: String) -> Response {
    Response(status, type: "text/plain; charset=utf-8", body: .bytes(Array("\(text)\n".utf8)))
  }

  static func json(_ value: some Encodable) throws -> Response {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return Response(
      type: "application/json; charset=utf-8", body: .bytes(Array(try encoder.encode(value))))
  }

  /// What a browser is told with every answer: to run, load and frame nothing but this page.
  private static let policy = [
    "Content-Security-Policy":
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
      + "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Connection": "close",
  ]

  /// The bytes before the body.
  var head: [UInt8] {
    var lines = ["HTTP/1.1 \(status) \(status < 400 ? "OK" : "Refused")"]
    lines.append("Content-Type: \(type)")
    if case .bytes(let bytes) = body { lines.append("Content-Length: \(bytes.count)") }
    for (name, value) in Self.policy.merging(headers, uniquingKeysWith: { $1 }).sorted(by: {
      $0.key < $1.key
    }) {
      lines.append("\(name): \(value)")
    }
    return Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8)
  }
}
