import Foundation
import Media
import Testing

@Suite struct InputFileTests {
  @Test func readsFromAnywhere() throws {
    let folder = try TemporaryFolder()
    let path = try folder.put("a", Array(0..<100))
    let file = try InputFile(path: path)
    #expect(file.count == 100 && file.path == path)
    var bytes = [UInt8](repeating: 0, count: 3)
    try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 40) }
    #expect(bytes == [40, 41, 42])
    let error = try fileError {
      try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 98) }
    }
    #expect(error.description == "\(path): was cut short while it was read")
    #expect(try InputFile(path: folder.put("empty", [UInt8]())).count == 0)
  }

  @Test func whatIsNoFileSaysSo() throws {
    let folder = try TemporaryFolder()
    func reason(_ path: String) throws -> String {
      try fileError { _ = try InputFile(path: path) }.reason
    }
    #expect(try reason("\(folder.path)/none") == "does not exist")
    #expect(try reason(folder.path) == "is a directory")
    #expect(mkfifo("\(folder.path)/pipe", 0o600) == 0)
    #expect(try reason("\(folder.path)/pipe") == "is not a regular file")
  }
}
