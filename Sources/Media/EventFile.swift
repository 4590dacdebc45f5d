import Foundation

/// A file of TensorBoard's events: records, each of a length, a message and checks of both.
///
/// Readers find it by its name, and read the files of a folder in the order of their names.
package final class EventFile {
  private static let prefix = "events.out.tfevents."
  private let file: AppendedFile

  /// A new file in a directory, behind those that are there. Throws a `FileError` if it can't be
  /// written.
  package init(in directory: String) throws {
    let last = Self.names(in: directory).compactMap { name in
      name.dropFirst(Self.prefix.count).split(separator: ".").first.flatMap { Int32($0) }.map(
        Int.init)
    }.max()
    // a clock may have been set back, or a run begun twice in a second
    let seconds = max(Int(Date().timeIntervalSince1970), last.map { $0 + 1 } ?? 0)
    file = try AppendedFile("\(directory)/\(Self.prefix)\(seconds).\(Self.host).\(getpid())")
    try add([3: .text("brain.Event:2")])
  }

  /// The names of a directory's event files, in the order in which they are read.
  package static func names(in directory: String) -> [String] {
    ((try? FolderScan.list(directory)) ?? []).filter { $0.hasPrefix(prefix) }.sorted()
  }

  /// Adds an event, with the time. Throws a `FileError` if it can't be written.
  package func add(_ fields: [(Int, ProtobufMessage.Value)]) throws {
    let time = (1, ProtobufMessage.Value.double(Date().timeIntervalSince1970))
    try file.add(Self.record(ProtobufMessage([time] + fields).bytes))
  }

  private func add(_ fields: KeyValuePairs<Int, ProtobufMessage.Value>) throws {
    try add(fields.map { ($0.key, $0.value) })
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
