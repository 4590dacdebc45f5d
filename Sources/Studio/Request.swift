/// What a browser asks for, within the limits that `RequestReader` keeps.
struct Request: Sendable {
  let method: String
  /// The parts of the path; none is empty, "." or "..", and none holds anything but letters,
  /// digits and "._-".
  let path: [String]
  let query: [String: String]
  /// Values by names in lower case.
  let headers: [String: [String]]
  var body: [UInt8] = []

  /// The one value of a header; nil if there is none, or several.
  func header(_ name: String) -> String? {
    guard let values = headers[name], values.count == 1 else { return nil }
    return values[0]
  }
}

extension Request {
  /// A request by its head, without the empty line. Throws a `Refusal`.
  init(head: [UInt8]) throws {
    guard let text = String(bytes: head, encoding: .utf8) else { throw Refusal.malformed }
    // a lone carriage return or line feed is how two servers come to read two requests
    let lines = text.components(separatedBy: "\r\n")
    guard
      lines.allSatisfy({ line in line.unicodeScalars.allSatisfy { $0.value >= 32 || $0 == "\t" } })
    else { throw Refusal.malformed }
    let words = lines[0].split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, ["HTTP/1.1", "HTTP/1.0"].contains(words[2]) else {
      throw Refusal.malformed
    }
    method = String(words[0])
    (path, query) = try Self.target(words[1])
    headers = try Self.headers(lines.dropFirst())
  }

  private static func headers(_ lines: ArraySlice<String>) throws -> [String: [String]] {
    var headers: [String: [String]] = [:]
    for line in lines {
      guard let colon = line.firstIndex(of: ":"), colon > line.startIndex,
        line[..<colon].utf8.allSatisfy({ $0 > 32 && $0 < 127 })
      else { throw Refusal.malformed }
      let value = line[line.index(after: colon)...].trimmingPrefix { $0 == " " || $0 == "\t" }
      headers[line[..<colon].lowercased(), default: []].append(String(value))
    }
    return headers
  }

  /// Nothing that this server has needs an escape, so none is taken: what is not decoded can't be
  /// decoded to something else.
  private static func target(_ target: Substring) throws -> ([String], [String: String]) {
    let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts[0].hasPrefix("/") else { throw Refusal.malformed }
    let path =
      parts[0] == "/"
      ? [] : parts[0].dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    guard path.allSatisfy({ isPlain($0) && $0 != "." && $0 != ".." }) else {
      throw Refusal.malformed
    }
    var query: [String: String] = [:]
    for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard sides.count == 2, sides.allSatisfy(isPlain) else { throw Refusal.malformed }
      query[String(sides[0])] = String(sides[1])
    }
    return (path.map(String.init), query)
  }

  private static func isPlain(_ text: Substring) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"):
          true
        default: "._-".utf8.contains($0)
        }
      }
  }
}
