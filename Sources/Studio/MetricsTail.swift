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

  /// Some of its lines, and the byte where they end.
  struct Part {
    let lines: [Line]
    let end: Int
  }

  /// A line, and what it says.
  struct Line {
    let text: String
    let values: [String: Double]
  }

  /// The most bytes that are read in one look.
  static let piece = 8 << 20

  let path: String
  /// Which writing of the file this is, a number that no other one has, of this run or of one that
  /// stood there before, also where the studio is started anew; 0 where there was none yet. A page
  /// reads it as a double.
  private(set) var generation = 0
  /// How much of the file was read: all of its whole lines.
  private(set) var next = 0
  private var inode: ino_t = 0

  init(_ path: String) { self.path = path }

  /// The file as it is now; nil if it is not there, or nothing came to it.
  mutating func look() -> News? {
    let descriptor = Self.open(path)
    guard descriptor >= 0 else {
      // what stands there next may get the number of what is gone
      if errno == ENOENT { inode = 0 }
      return nil
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    let isNew = generation == 0 || status.st_ino != inode || Int(status.st_size) < next
    if isNew { (generation, next, inode) = (.random(in: 1..<1 << 53), 0, status.st_ino) }
    let part = Self.part(descriptor, next, Int(status.st_size))
    guard isNew || part.end > next else { return nil }
    defer { next = part.end }
    return News(isNew: isNew, range: next..<part.end, lines: part.lines)
  }

  /// The lines between two bytes of a file, as many as a piece holds, and where they end. Throws a
  /// refusal if it is not there.
  static func part(of path: String, from start: Int, to end: Int) throws -> Part {
    let descriptor = Self.open(path)
    guard descriptor >= 0 else { throw Refusal.notFound }
    defer { close(descriptor) }
    return part(descriptor, start, end)
  }

  private static func part(_ descriptor: Int32, _ start: Int, _ end: Int) -> Part {
    let bytes = read(descriptor, from: start, most: min(piece, end - start))
    if let last = bytes.lastIndex(of: UInt8(ascii: "\n")) {
      return Part(lines: lines(bytes[...last]), end: start + last + 1)
    }
    // a line longer than a piece is passed over; what is left of it then is no JSON
    return Part(lines: [], end: bytes.count == piece ? start + piece : start)
  }

  /// The whole lines of a stretch that are a run's: one JSON object each, with an iteration.
  private static func lines(_ bytes: ArraySlice<UInt8>) -> [Line] {
    bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
      // in JSON a carriage return is but a space, in an event stream the end of a line; UTF-16,
      // which the parser would take, holds zeros
      let line = line.map { $0 == UInt8(ascii: "\r") ? UInt8(ascii: " ") : $0 }
      guard line.first == UInt8(ascii: "{"), !line.contains(0),
        let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
        object["iteration"] is NSNumber
      else { return nil }
      return Line(
        text: String(decoding: line, as: UTF8.self),
        values: object.compactMapValues { ($0 as? NSNumber)?.doubleValue })
    }
  }

  private static func open(_ path: String) -> Int32 {
    Foundation.open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW)
  }

  private static func read(_ descriptor: Int32, from start: Int, most: Int) -> [UInt8] {
    guard most > 0 else { return [] }
    return [UInt8](unsafeUninitializedCapacity: most) { buffer, count in
      count = max(0, pread(descriptor, buffer.baseAddress, most, off_t(start)))
    }
  }
}
