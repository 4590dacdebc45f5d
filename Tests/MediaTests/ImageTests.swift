import Media
import Testing

@Suite struct ImageTests {
  private func gray(_ width: Int, _ height: Int, _ pixels: [UInt8]) -> Image {
    Image(width: width, height: height, channels: 1, pixels: pixels)
  }

  @Test func areaScalingIsExact() {
    let four = gray(2, 2, [0, 1, 2, 3])
    #expect(four.scaledByArea(width: 1, height: 1).pixels == [2])  // 1.5 rounds up.
    // 3 → 2: each new pixel covers one old one and half of the middle: (2a + b) / 3.
    #expect(gray(3, 1, [10, 40, 100]).scaledByArea(width: 2, height: 1).pixels == [20, 80])
    #expect(gray(1, 3, [10, 40, 100]).scaledByArea(width: 1, height: 2).pixels == [20, 80])
    let rgb = Image(width: 2, height: 1, channels: 3, pixels: [0, 10, 255, 2, 30, 254])
    #expect(rgb.scaledByArea(width: 1, height: 1).pixels == [1, 20, 255])
    let white = gray(31, 17, [UInt8](repeating: 255, count: 31 * 17))
    #expect(white.scaledByArea(width: 7, height: 5).pixels.allSatisfy { $0 == 255 })
  }

  /// Against the definition: the integral over each new pixel's rectangle, in Double.
  @Test(arguments: [(13, 9, 5, 4), (8, 8, 3, 8), (20, 7, 19, 2)])
  func areaScalingIsTheMeanOverTheArea(_ w: Int, _ h: Int, _ nw: Int, _ nh: Int) {
    func overlap(_ old: Int, _ i: Int, _ new: Int, _ j: Int) -> Double {
      let step = Double(old) / Double(new)
      return max(0, min(Double(i + 1), Double(j + 1) * step) - max(Double(i), Double(j) * step))
    }
    let image = noiseImage(w, h, 3)
    let scaled = image.scaledByArea(width: nw, height: nh)
    for y in 0..<nh {
      for x in 0..<nw {
        for c in 0..<3 {
          var sum = 0.0
          for v in 0..<h {
            for u in 0..<w {
              sum +=
                overlap(h, v, nh, y) * overlap(w, u, nw, x)
                * Double(image.pixels[(v * w + u) * 3 + c])
            }
          }
          let mean = sum * Double(nw * nh) / Double(w * h)
          #expect(abs(mean - Double(scaled.pixels[(y * nw + x) * 3 + c])) < 0.5 + 1e-9)
        }
      }
    }
  }

  @Test func fittingCoversThenCrops() {
    let wide = gray(8, 2, (0..<16).map { UInt8($0 * 10) })
    #expect(wide.fitted(width: 2, height: 1)?.pixels == [65, 85])
    #expect(wide.fitted(width: 8, height: 2) == wide)
    #expect(wide.fitted(width: 2, height: 2)?.pixels == [30, 40, 110, 120])
    #expect(wide.fitted(width: 2, height: 3) == nil)
    #expect(wide.fitted(width: 9, height: 1) == nil)
    for (w, h) in [(3, 2), (5, 7), (64, 1), (63, 48)] {
      let fitted = noiseImage(64, 48, 3).fitted(width: w, height: h)
      #expect(fitted?.width == w && fitted?.height == h)
    }
  }

  @Test func converts() {
    let image = Image(width: 2, height: 1, channels: 3, pixels: [255, 0, 0, 9, 9, 9])
    #expect(image.converted(channels: 1).pixels == [76, 9])
    #expect(gray(2, 1, [3, 4]).converted(channels: 3).pixels == [3, 3, 3, 4, 4, 4])
    let all = gray(256, 1, (0...255).map { $0 })
    #expect(all.converted(channels: 3).converted(channels: 1) == all)
  }

  @Test func gridsPlaceAndScale() {
    let ones = (1...3).map { gray(1, 1, [UInt8($0)]) }
    let grid = Image.grid(ones, columns: 2, gap: 1)
    #expect(grid.width == 5 && grid.height == 5)
    #expect(grid.pixels[6] == 1 && grid.pixels[8] == 2 && grid.pixels[16] == 3)
    #expect(grid.pixels[18] == 40 && grid.pixels[0] == 40)
    #expect(Image.strip(ones, gap: 0, scale: 2).pixels == [1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3])
    for (count, columns) in [(1, 1), (2, 2), (7, 3), (16, 4), (24, 6), (64, 8)] {
      let grid = Image.grid([Image](repeating: ones[0], count: count), gap: 0)
      #expect(grid.width == columns)
    }
    let samples = [Image](repeating: noiseImage(32, 32, 3), count: 64)
    #expect((600...1000).contains(Image.grid(samples, scale: nil).width))
    // near a square whatever their shape, as large as they are or a few times larger
    for (count, width, height, columns, rows) in [
      (1000, 1, 1, 40, 25), (997, 1, 1, 32, 32), (16, 8, 2, 2, 8), (16, 2, 8, 8, 2),
      (3, 1, 90, 3, 1),
    ] {
      let images = [Image](repeating: noiseImage(width, height, 1), count: count)
      let grid = Image.grid(images, gap: 0)
      #expect(grid.width == columns * width && grid.height == rows * height)
    }
    #expect(Image.grid([noiseImage(16, 16, 1)], gap: 0, scale: nil).width == 64)
    for (frames, columns) in [(12, 12), (100, 10), (13, 4)] {
      let strip = Image.strip([Image](repeating: ones[0], count: frames), gap: 0)
      #expect(strip.width == columns)
    }
  }
}
