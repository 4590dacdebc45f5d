/// A PNG of any colour type, depth and interlace, its data stored without compression.
struct RawPNG {
  enum Color: UInt8 {
    case gray = 0
    case rgb = 2
    case palette = 3
    case grayAlpha = 4
    case rgba = 6

    var channels: Int {
      switch self {
      case .gray, .palette: 1
      case .grayAlpha: 2
      case .rgb: 3
      case .rgba: 4
      }
    }
  }

  var width: Int
  var height: Int
  var color: Color
  var depth: Int
  var interlaced = false
  /// H,W,C, each below 2^depth.
  var samples: [Int]
  var palette: [UInt8] = []
  var transparency: [UInt8] = []

  var bytes: [UInt8] { file(data: scanlines) }

  /// What a liar writes: a header, and hardly anything after it.
  var bytesWithoutPixels: [UInt8] { file(data: []) }

  private func file(data: [UInt8]) -> [UInt8] {
    var header = big32(width) + big32(height)
    header += [UInt8(depth), color.rawValue, 0, 0, interlaced ? 1 : 0]
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    file += chunk("IHDR", header)
    if !palette.isEmpty { file += chunk("PLTE", palette) }
    if !transparency.isEmpty { file += chunk("tRNS", transparency) }
    file += chunk("IDAT", zlibStored(data))
    file += chunk("IEND", [])
    return file
  }

  private var scanlines: [UInt8] {
    guard interlaced else { return pass(0, 0, 1, 1) }
    return pass(0, 0, 8, 8) + pass(4, 0, 8, 8) + pass(0, 4, 4, 8) + pass(2, 0, 4, 4)
      + pass(0, 2, 2, 4) + pass(1, 0, 2, 2) + pass(0, 1, 1, 2)
  }

  private func pass(_ x0: Int, _ y0: Int, _ dx: Int, _ dy: Int) -> [UInt8] {
    guard x0 < width else { return [] }
    var lines: [UInt8] = []
    for y in stride(from: y0, to: height, by: dy) {
      lines.append(0)  // No filter.
      var bits = 0
      var pending = 0
      for x in stride(from: x0, to: width, by: dx) {
        for c in 0..<color.channels {
          bits = bits << depth | samples[(y * width + x) * color.channels + c]
          pending += depth
          while pending >= 8 {
            pending -= 8
            lines.append(UInt8(bits >> pending & 255))
          }
        }
      }
      if pending > 0 { lines.append(UInt8(bits << (8 - pending) & 255)) }
    }
    return lines
  }

  private func zlibStored(_ data: [UInt8]) -> [UInt8] {
    var stream: [UInt8] = [0x78, 0x01]
    var start = 0
    repeat {
      let count = min(data.count - start, 65_535)
      let low = UInt8(count & 255)
      let high = UInt8(count >> 8)
      stream += [start + count == data.count ? 1 : 0, low, high, ~low, ~high]
      stream += data[start..<start + count]
      start += count
    } while start < data.count
    var (a, b) = (1, 0)
    for byte in data {
      a = (a + Int(byte)) % 65_521
      b = (b + a) % 65_521
    }
    return stream + big32(b << 16 | a)
  }

  private func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
    let body = Array(name.utf8) + data
    var crc: UInt32 = ~0
    for byte in body {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = crc & 1 == 1 ? crc >> 1 ^ 0xEDB8_8320 : crc >> 1 }
    }
    return big32(data.count) + body + big32(Int(~crc))
  }

  private func big32(_ value: Int) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(value >> $0 & 255) }
  }
}
