import Foundation

/// A run's metrics.jsonl, read as it grows.
///
/// A run that is gone on with writes its log anew and renames it into place: then another file
/// stands there, or a shorter one, and what was read of it is void.
struct MetricsTail {
  /// What came to the file since the last look.
  struct News {
    /// Whether the file is another one than before.
    let isNew: Bool
    /// Where in it the lines begin, and where they end.
    let range: Range<Int>
    /// Whole lines, each one JSON object.
    let lines: [Line]
  }

  /// A line, and what it says.
  struct Line {
    let text: String
    let values: [String: Double]
  }

  /// The most bytes that are read in one look.
  static let piece = 8 << 20

  let path: String
  /// Counts the files that stood there; 0 where there was none yet.
  private(set) var generation = 0
  /// How much of the file was read: all of its whole lines.
  private(set) var next = 0
  private var inode: ino_t = 0

  init(_ path: String) { self.path = path }

  /// The file as it is now; nil if it is not there, or nothing came to it.
  mutating func look() -> News? {
    let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    let isNew = generation == 0 || status.st_ino != inode || Int(status.st_size) < next
    if isNew { (generation, next, inode) = (generation + 1, 0, status.st_ino) }
    let bytes = Self.read(descriptor, from: next, most: min(Self.piece, Int(status.st_size) - next))
    guard let end = bytes.lastIndex(of: UInt8(ascii: "\n")) else {
      return isNew ? News(isNew: true, range: 0..<0, lines: []) : nil
    }
    let range = next..<next + end + 1
    next = range.upperBound
    return News(isNew: isNew, range: range, lines: Self.lines(bytes[...end]))
  }

  /// The whole lines of a stretch, which may be cut anywhere behind its beginning.
  static func lines(_ bytes: ArraySlice<UInt8>) -> [Line] {
    bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
      guard
        let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
        object["iteration"] is NSNumber
      else { return nil }
      return Line(
        text: String(decoding: line, as: UTF8.self),
        values: object.compactMapValues { ($0 as? NSNumber)?.doubleValue })
    }
  }

  private static func read(_ descriptor: Int32, from start: Int, most: Int) -> [UInt8] {
    guard most > 0 else { return [] }
    return [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
      count = max(0, pread(descriptor, buffer.baseAddress, most, off_t(start)))
    }
  }
}
