import Foundation
import Media

extension ImageSet {
  /// So many 8×8 colour images in two classes, written below a folder, with something to learn:
  /// smooth ramps.
  static func ramps(_ count: Int, in folder: String) throws -> ImageSet {
    for i in 0..<count {
      let directory = "\(folder)/\(i % 2 == 0 ? "a" : "b")"
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true)
      let pixels = (0..<8 * 8 * 3).map { UInt8(($0 / 3 % 8 * (i % 5 + 2) + $0 / 24 * 3 + i) % 256) }
      try PNG.write(
        Image(width: 8, height: 8, channels: 3, pixels: pixels), to: "\(directory)/\(i).png")
    }
    return try ImageFolder(folder).load(width: 8, height: 8, channels: 3)
  }
}
