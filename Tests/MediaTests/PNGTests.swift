import Foundation
import Media
import Testing

@Suite struct PNGTests {
  @Test(arguments: [1, 3]) func roundTripIsExact(channels: Int) throws {
    let folder = try TemporaryFolder()
    for (width, height) in [(1, 1), (7, 5), (64, 33), (300, 200)] {
      let image = noiseImage(width, height, channels)
      let path = try folder.put("a.png", image)
      let read = try PNG.read(path)
      #expect(read.image == image)
      #expect(!read.composedAlpha && !read.reducedDepth)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.png"])
  }

  /// Every colour type and depth of the standard, both interlaces, with and without tRNS.
  @Test(arguments: [false, true]) func storedSamplesAreExact(interlaced: Bool) throws {
    let kinds: [(RawPNG.Color, [Int])] = [
      (.gray, [1, 2, 4, 8, 16]), (.rgb, [8, 16]), (.palette, [1, 2, 4, 8]),
      (.grayAlpha, [8, 16]), (.rgba, [8, 16]),
    ]
    for (color, depths) in kinds {
      for depth in depths {
        for transparent in [false, true] {
          for (width, height) in [(1, 1), (3, 2), (13, 11), (16, 9)] {
            try check(color, depth, interlaced, transparent, width, height)
          }
        }
      }
    }
  }

  private func check(
    _ color: RawPNG.Color, _ depth: Int, _ interlaced: Bool, _ transparent: Bool, _ width: Int,
    _ height: Int
  ) throws {
    let bytes = noise(2 * width * height * color.channels, seed: UInt64(depth))
    let samples = (0..<width * height * color.channels).map {
      (Int(bytes[2 * $0]) << 8 | Int(bytes[2 * $0 + 1])) & ((1 << depth) - 1)
    }
    var png = RawPNG(
      width: width, height: height, color: color, depth: depth, interlaced: interlaced,
      samples: samples)
    if color == .palette { png.palette = noise(3 << depth, seed: 7) }
    let key = Array(samples.prefix(color.channels))  // The first pixel's colour is transparent.
    if transparent {
      switch color {
      case .gray, .rgb: png.transparency = key.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] }
      case .palette: png.transparency = noise(1 << depth, seed: 9)
      case .grayAlpha, .rgba: return
      }
    }

    func eight(_ v: Int) -> Int {
      depth == 16 ? Int((Double(v) / 257).rounded()) : v * 255 / ((1 << depth) - 1)
    }
    var expected: [UInt8] = []
    for start in stride(from: 0, to: samples.count, by: color.channels) {
      let pixel = Array(samples[start..<start + color.channels])
      var values = pixel.map(eight)
      var alpha = 255
      switch color {
      case .gray, .rgb: if transparent && pixel == key { alpha = 0 }
      case .grayAlpha, .rgba: alpha = values.removeLast()
      case .palette:
        values = png.palette[3 * pixel[0]..<3 * pixel[0] + 3].map(Int.init)
        if transparent { alpha = Int(png.transparency[pixel[0]]) }
      }
      expected += values.map { UInt8((Double($0 * alpha) / 255).rounded()) }
    }

    let folder = try TemporaryFolder()
    let path = try folder.put("a.png", png.bytes)
    let comment: Comment = "\(color) \(depth) \(interlaced) \(transparent) \(width)x\(height)"
    let header = try PNG.header(of: path)
    let hasAlpha = transparent || color == .grayAlpha || color == .rgba
    #expect(header.width == width && header.height == height, comment)
    #expect(header.bitDepth == depth && header.hasAlpha == hasAlpha, comment)
    let read = try PNG.read(path)
    #expect(read.image.pixels == expected, comment)
    #expect(read.image.channels == header.channels, comment)
    #expect(read.composedAlpha == hasAlpha && read.reducedDepth == (depth == 16), comment)
  }

  @Test(arguments: [false, true]) func damageIsAnErrorNotACrash(interlaced: Bool) throws {
    let folder = try TemporaryFolder()
    let whole = RawPNG(
      width: 9, height: 7, color: .palette, depth: 4, interlaced: interlaced,
      samples: noise(63).map { Int($0 & 15) }, palette: noise(48), transparency: noise(16)
    ).bytes
    for count in stride(from: 1, to: whole.count, by: 7) {
      let path = try folder.put("cut.png", Array(whole[..<count]))
      let reason = try fileError { _ = try PNG.read(path) }.reason
      #expect(reason == "is truncated: it ends early, after \(count) bytes")
    }
    for (i, mask) in zip(whole.indices, noise(whole.count, seed: 5)) {
      var bytes = whole
      bytes[i] ^= mask | 1
      let path = try folder.put("flip.png", bytes)
      let error = try fileError { _ = try PNG.read(path) }  // Every byte lies under a checksum.
      #expect(error.kind == .malformed && error.path == path)
    }
  }

  @Test func compressedDamageIsAnErrorOrAnImageOfTheSameSize() throws {
    let folder = try TemporaryFolder()
    let ramp = (0..<1200).map { UInt8($0 / 8) }
    let gradient = Image(width: 40, height: 30, channels: 1, pixels: ramp)
    let whole = try WholeFile.read(try folder.put("a.png", gradient))
    for count in stride(from: 1, to: whole.count, by: 7) {
      let path = try folder.put("cut.png", Array(whole[..<count]))
      #expect(try fileError { _ = try PNG.read(path) }.reason.hasPrefix("is truncated"))
    }
    for i in whole.indices {
      var bytes = whole
      bytes[i] ^= 1 << UInt8(i % 8)
      let path = try folder.put("flip.png", bytes)
      if let image = try? PNG.read(path).image {
        #expect(image.width == 40 && image.height == 30)
      }
    }
  }

  @Test func hugeHeadersAreRefusedBeforeAnythingIsAllocated() throws {
    let folder = try TemporaryFolder()
    for side in [100_000, 2_000_000] {
      let png = RawPNG(width: side, height: side, color: .rgb, depth: 8, samples: [])
      let path = try folder.put("huge.png", png.bytesWithoutPixels)
      let error = try fileError { _ = try PNG.read(path) }
      #expect(error.reason == "is \(side)x\(side) pixels; the limit is 268435456 pixels")
    }
  }

  @Test func whatIsNotAnImageSaysSo() throws {
    let folder = try TemporaryFolder()
    func reason(_ path: String) throws -> String { try fileError { _ = try PNG.read(path) }.reason }
    #expect(try reason(folder.put("empty.png", [])) == "is empty")
    #expect(try reason(folder.put("text.png", Array("hello".utf8))) == "is not a PNG file")
    #expect(
      try reason(folder.put("jpeg.png", [0xFF, 0xD8, 0xFF, 0xE0]))
        == "is a JPEG file, whatever its name")
    #expect(try reason(folder.path) == "is a directory")
    #expect(try reason("/dev/null") == "is not a regular file")
    let missing = try fileError { _ = try PNG.header(of: "\(folder.path)/no\nne.png") }
    #expect(
      missing.kind == .missing && missing.description.hasSuffix("no\u{FFFD}ne.png: does not exist"))
  }

  @Test func whatCannotBeWrittenSaysWhy() throws {
    let folder = try TemporaryFolder()
    let image = noiseImage(4, 4, 1)
    let nowhere = try fileError { try PNG.write(image, to: "\(folder.path)/none/a.png") }
    #expect(nowhere.kind == .unwritable)
    #expect(nowhere.reason == "can't be written: its folder does not exist")
    try folder.put("sub/a.png", image)
    let taken = try fileError { try PNG.write(image, to: "\(folder.path)/sub") }
    #expect(taken.reason == "can't be written: it is a directory")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["sub"])
  }
}
