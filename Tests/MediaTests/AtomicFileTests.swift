import Foundation
import Testing

@testable import Media

@Suite final class AtomicFileTests {
  let folder = NSTemporaryDirectory() + "atomic-\(UUID().uuidString)"
  var path: String { folder + "/file" }

  init() throws {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func write(_ text: String, to path: String) throws {
    try AtomicFile.write(to: path) { write in
      for byte in text.utf8 { try withUnsafeBytes(of: byte) { try write($0) } }
    }
  }

  var names: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }
  }

  var content: String { get throws { try String(contentsOfFile: path, encoding: .utf8) } }

  @Test func replacesWhole() throws {
    // What a killed run of the same process number left behind is no obstacle.
    try Data([1]).write(to: URL(fileURLWithPath: folder + "/.file.partial-\(getpid())"))
    try write("old and long", to: path)
    try write("new", to: path)
    #expect(try content == "new")
    #expect(try names == ["file"])
  }

  @Test func descriptorsAreReplacedWholeToo() throws {
    try write("old and long", to: path)
    try AtomicFile.write(throughDescriptorTo: path) { descriptor in
      #expect(pwrite(descriptor, "new", 3, 0) == 3)
      let before = try content
      #expect(before == "old and long")
    }
    #expect(try content == "new")
    #expect(try names == ["file"])
  }

  @Test func whatDeadProcessesLeftIsRemoved() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "exit"]
    try process.run()
    process.waitUntilExit()
    let dead = process.processIdentifier
    let kept = [".file.partial-1", ".file.partial-x", "other.partial-\(dead)", ".file.partial--1"]
    for name in kept + [".file.partial-\(dead)", ".other.partial-\(dead)"] {
      try Data([1]).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
    try write("new", to: path)
    #expect(try names == (kept + ["file"]).sorted())
  }

  @Test func aTryLeavesNothing() throws {
    try AtomicFile.tryWriting(to: path)
    #expect(try names == [])
    try write("old", to: path)
    try AtomicFile.tryWriting(to: path)
    #expect(try content == "old")
    #expect(try names == ["file"])
  }

  @Test func interruptedWriteLeavesTheOldFile() throws {
    struct Interruption: Error {}
    try write("old", to: path)
    #expect(throws: Interruption.self) {
      try AtomicFile.write(to: path) { write in
        try withUnsafeBytes(of: 7) { try write($0) }
        #expect(try content == "old")
        #expect(try names == [".file.partial-\(getpid())", "file"])
        throw Interruption()
      }
    }
    #expect(try content == "old")
    #expect(try names == ["file"])
  }

  @Test func failuresLeaveNothingBehind() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    let long = String(repeating: "n", count: 300)
    for (path, reason) in [
      (folder + "/missing/file", "its folder does not exist"), (path, "is a directory"),
      ("/dev/null", "not a regular file"), (folder + "/" + long, "File name too long"),
      (path + "/file/", "it has no name"), ("", "it has no name"),
    ] {
      let error = #expect(throws: FileError.self) { try write("x", to: path) }
      #expect(error?.kind == .unwritable)
      #expect(error?.path == path)
      #expect(error?.reason.contains(reason) == true)
      let tried = #expect(throws: FileError.self) { try AtomicFile.tryWriting(to: path) }
      #expect(tried == error)
    }
    // The rename fails: a directory took the name while the file was written.
    let late = folder + "/late"
    let error = #expect(throws: FileError.self) {
      try AtomicFile.write(to: late) { _ in
        try FileManager.default.createDirectory(atPath: late, withIntermediateDirectories: false)
      }
    }
    #expect(error?.description == "\(late): can't be written: Is a directory")
    #expect(try names == ["file", "late"])
  }

  #if os(Linux)
    @Test func fullDiskIsReported() throws {
      let full = open("/dev/full", O_WRONLY)
      defer { close(full) }
      let error = #expect(throws: FileError.self) {
        try withUnsafeBytes(of: 7) { try AtomicFile.writeAll($0, to: full, path: "p") }
      }
      #expect(error?.description == "p: can't be written: No space left on device")
    }
  #endif

  @Test func errorsAreOneLine() {
    let error = FileError(path: "a\nb", reason: "c\u{1B}[1m\r\u{2028}d", kind: .missing)
    #expect(error.description == "a\u{FFFD}b: c\u{FFFD}[1m\u{FFFD}\u{FFFD}d")
  }
}
