import Foundation
import Media
import Testing

@Suite struct FileManifestTests {
  @Test func namesTheFirstDifference() throws {
    let folder = try TemporaryFolder()
    for name in ["a/ü 1.png", "b.png", "c.png"] { try folder.put(name, noiseImage(90, 90, 1)) }
    func look() throws -> FileManifest { try ImageFolder(folder.path).manifest() }
    let old = try look()
    try old.write(to: folder.path + "/list")
    #expect(try FileManifest(reading: folder.path + "/list") == old)
    #expect(old.entries.map(\.file) == ["a/ü 1.png", "b.png", "c.png"])
    #expect(try ImageFolder(folder.path + "/").manifest() == old)
    #expect(old.difference(from: old) == nil)

    try folder.put("b.png", noiseImage(90, 90, 1, seed: 2))  // noise: of the same size
    let other = try look()
    #expect(other.fingerprint != old.fingerprint)
    #expect(other.difference(from: old) == "b.png has other contents")
    try folder.put("b.png", noiseImage(9, 9, 1))
    #expect(try look().difference(from: old)?.hasPrefix("b.png has 1") == true)
    try FileManager.default.removeItem(atPath: folder.path + "/b.png")
    #expect(try look().difference(from: old) == "b.png is gone")
    #expect(try old.difference(from: look()) == "b.png is new")
    try folder.put("b.png", noiseImage(90, 90, 1))
    #expect(try look() == old, "times don't matter")
    try folder.put("d.png", noiseImage(9, 9, 1))
    #expect(try look().difference(from: old) == "d.png is new")
    #expect(try old.difference(from: look()) == "d.png is gone")

    try folder.put("list", Array("{}".utf8))
    let bad = try fileError { _ = try FileManifest(reading: folder.path + "/list") }
    #expect(bad.reason == "is no list of files")
  }
}
