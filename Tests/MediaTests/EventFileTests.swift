import Foundation
import Testing

@testable import Media

/// Against the vectors of RFC 3720 and records made by TensorBoard's own writer.
@Suite struct EventFileTests {
  @Test func checksAreThoseOfTheRFC() {
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.checksum(UInt8(0)..<32) == 0x46DD_794E)
    #expect(CRC32C.checksum((UInt8(0)..<32).reversed()) == 0x113F_DB5C)
    #expect(CRC32C.checksum("123456789".utf8) == 0xE306_9283)
    #expect(CRC32C.checksum([]) == 0)
  }

  @Test func recordsAreThoseOfTensorBoard() {
    let first: ProtobufMessage = [1: .double(1.5), 3: .text("brain.Event:2")]
    #expect(
      hexadecimal(EventFile.record(first.bytes))
        == "1800000000000000a37f4b2209000000000000f83f1a0d627261696e2e4576656e743a322a28646c")
    let image: ProtobufMessage = [
      1: .integer(2), 2: .integer(3), 3: .integer(1), 4: .bytes([0x89] + Array("PNG".utf8)),
    ]
    let summary: ProtobufMessage = [
      1: .message([1: .text("training/nats"), 2: .float(-1.25)]),
      1: .message([1: .text("samples"), 4: .message(image)]),
    ]
    let second: ProtobufMessage = [
      1: .double(1_700_000_000.25), 2: .integer(300), 5: .message(summary),
    ]
    #expect(
      hexadecimal(EventFile.record(second.bytes))
        == "3d000000000000006049f1ec0900001040fc54d94110ac022a2f0a140a0d747261696e696e672f6e617473"
        + "150000a0bf0a170a0773616d706c6573220c080210031801220489504e47e97da874")
  }

  /// Files are read in the order of their names, so a later one has a later name, by any clock.
  @Test func aLaterFileComesLater() throws {
    let folder = try TemporaryFolder()
    try folder.put("events.out.tfevents.2000000000.elsewhere.1", [])
    var names: [String] = []
    for _ in 0..<3 {
      _ = try EventFile(in: folder.path, beginning: [])
      names = EventFile.names(in: folder.path)
    }
    #expect(names.map { $0.prefix(30) }.last == "events.out.tfevents.2000000003")
    #expect(Set(names).count == 4)
  }

  @Test func ofAFileThatCanNotBeBegunNothingStays() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/" + EventFile.prefix + "1"
    for _ in 0..<3 {
      #expect(throws: FileError.self) {
        _ = try EventFile.begun(path) { file in
          try file.add([1])
          throw FileError(path: path, reason: "No space left on device", kind: .unwritable)
        }
      }
    }
    #expect(EventFile.names(in: folder.path).isEmpty)
  }

  /// What was cut short is left behind, and so are the records of a tag; a file that is there stays.
  @Test func wholeRecordsAreCopied() throws {
    let (folder, copy) = (try TemporaryFolder(), try TemporaryFolder())
    let name = EventFile.prefix + "1.host.1"
    func event(_ tag: String) -> [UInt8] {
      let value: ProtobufMessage = [1: .text(tag), 4: .message([4: .text("own/x")])]
      let step = (2, ProtobufMessage.Value.integer(1 << 40))
      let time = (1, ProtobufMessage.Value.double(1))
      return EventFile.record(
        ProtobufMessage([time, step, (5, .message([1: .message(value)]))]).bytes)
    }
    let kept = event("a") + event("b")
    try folder.put(name, event("a") + event("own/c") + event("b") + event("d").dropLast())
    try EventFile.copy(from: folder.path, to: copy.path, without: "own/c")
    #expect(try WholeFile.read(copy.path + "/" + name) == kept)
    try copy.put(name, [1])
    try EventFile.copy(from: folder.path, to: copy.path, without: "own/c")
    #expect(try WholeFile.read(copy.path + "/" + name) == [1])
  }

  #if os(Linux)
    @Test func aFullDiskIsAnError() throws {
      let file = try AppendedFile("/dev/full")
      let error = #expect(throws: FileError.self) { try file.add([1, 2, 3]) }
      #expect(error?.reason.contains("No space left on device") == true)
    }
  #endif

  private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { String(format: "%02x", $0) }.joined()
  }
}
