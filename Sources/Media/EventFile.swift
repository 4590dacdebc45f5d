import Foundation

/// A file of TensorBoard's events: records, each of a length, a message and checks of both.
///
/// Readers find it by its name, and read the files of a folder in the order of their names.
package final class EventFile {
  /// What their names begin with.
  static let prefix = "events.out.tfevents."
  private let file: AppendedFile

  /// A new file in a directory, behind those that are there, which begins with some events. Throws
  /// a `FileError` if they can't be written; there is no new file then.
  package init(in directory: String, beginning events: [[(Int, ProtobufMessage.Value)]]) throws {
    let last = Self.names(in: directory).compactMap { name in
      name.dropFirst(Self.prefix.count).split(separator: ".").first.flatMap { Int($0) }
    }.filter { $0 < 9_999_999_999 }.max()  // names are compared as text: ten digits, like the rest
    // a clock may have been set back, or a run begun twice in a second
    let seconds = max(Int(Date().timeIntervalSince1970), last.map { $0 + 1 } ?? 0)
    let first = ([[(3, .text("brain.Event:2"))]] + events).flatMap(Self.record)
    let name = "\(Self.prefix)\(seconds).\(Self.host).\(getpid())"
    file = try Self.begun("\(directory)/\(name)") { try $0.add(first) }
  }

  /// A new file, begun by `write`; where that throws, nothing of it stays.
  static func begun(_ path: String, by write: (AppendedFile) throws -> Void) throws -> AppendedFile
  {
    let file = try AppendedFile(path)
    do {
      try write(file)
    } catch {
      unlink(path)
      throw error
    }
    return file
  }

  /// Copies a directory's event files to another, those that are not there yet: the whole records,
  /// but for those whose tag begins with `tag`. Throws a `FileError` if one can't be read or written.
  package static func copy(from origin: String, to directory: String, without tag: String) throws {
    let there = Set(names(in: directory))
    for name in names(in: origin) where !there.contains(name) {
      let file = try InputFile(path: "\(origin)/\(name)")
      try AtomicFile.write(to: "\(directory)/\(name)") { write in
        var start = 0
        while let record = try record(of: file, at: start) {
          // before the tag stand the time, the step and three lengths
          let head = record.dropFirst(headerBytes).prefix(40 + tag.utf8.count)
          if !head.contains(tag.utf8) { try record.withUnsafeBytes { try write($0) } }
          start += record.count
        }
      }
    }
  }

  /// A length and its check.
  private static let headerBytes = 12

  /// The record that begins there; nil at the end, and of one that was cut short.
  private static func record(of file: InputFile, at start: Int) throws -> [UInt8]? {
    let rest = file.count - start
    guard rest > headerBytes else { return nil }
    let header = try file.bytes(headerBytes, at: start)
    let length = header.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard header.suffix(4).elementsEqual(bytes(of: maskedCheck(Array(header.prefix(8))))),
      length <= UInt64(rest), Int(length) + headerBytes + 4 <= rest
    else { return nil }
    return try file.bytes(Int(length) + headerBytes + 4, at: start)
  }

  /// The names of a directory's event files, in the order in which they are read.
  package static func names(in directory: String) -> [String] {
    ((try? FolderScan.list(directory)) ?? []).filter { $0.hasPrefix(prefix) }.sorted()
  }

  /// Adds an event, with the time. Throws a `FileError` if it can't be written.
  package func add(_ fields: [(Int, ProtobufMessage.Value)]) throws {
    try file.add(Self.record(fields))
  }

  /// The record of an event, with the time.
  private static func record(_ fields: [(Int, ProtobufMessage.Value)]) -> [UInt8] {
    let time = (1, ProtobufMessage.Value.double(Date().timeIntervalSince1970))
    return record(ProtobufMessage([time] + fields).bytes)
  }

  /// A record: the length, its check, the bytes and theirs; all numbers with the lowest byte first.
  static func record(_ bytes: [UInt8]) -> [UInt8] {
    let length = Self.bytes(of: UInt64(bytes.count))
    return length + Self.bytes(of: maskedCheck(length)) + bytes + Self.bytes(of: maskedCheck(bytes))
  }

  /// A check that stands beside its own bytes is turned and shifted, as else the check of both
  /// together would say little.
  private static func maskedCheck(_ bytes: [UInt8]) -> UInt32 {
    let crc = CRC32C.checksum(bytes)
    return (crc >> 15 | crc << 17) &+ 0xA282_EAD8
  }

  private static func bytes(of number: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: number.littleEndian) { Array($0) }
  }

  /// What the machine is called, as a part of a file's name.
  private static var host: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
    let text = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return text.isEmpty ? "localhost" : text.replacing("/", with: "_")
  }
}
