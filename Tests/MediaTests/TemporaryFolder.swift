import Foundation
import Media
import Testing

/// A folder for one test, removed with everything in it at the end.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = "\(NSTemporaryDirectory())/media-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a file, with the folders on its way, and returns its path.
  @discardableResult
  func put(_ name: String, _ bytes: [UInt8]) throws -> String {
    let file = "\(path)/\(name)"
    let folder = (file as NSString).deletingLastPathComponent
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: file))
    return file
  }

  @discardableResult
  func put(_ name: String, _ image: Image) throws -> String {
    let file = try put(name, [0])
    try PNG.write(image, to: file)
    return file
  }
}

/// A fixed stream of bytes without pattern.
func noise(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var state = seed
  return (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt8(state >> 56)
  }
}

func noiseImage(_ width: Int, _ height: Int, _ channels: Int, seed: UInt64 = 1) -> Image {
  let pixels = noise(width * height * channels, seed: seed)
  return Image(width: width, height: height, channels: channels, pixels: pixels)
}

/// The error that the body must throw.
func fileError(_ body: () throws -> Void) throws -> FileError {
  let error = try #require(throws: FileError.self) { try body() }
  #expect(!error.description.contains { $0.isNewline })
  return error
}
