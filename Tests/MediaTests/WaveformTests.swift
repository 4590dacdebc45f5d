import Media
import Testing

@Suite struct WaveformTests {
  @Test func stripsShareTheirAxes() {
    let full = Sound(rate: 8000, channels: 1, samples: [Int16](repeating: 1000, count: 100))
    let half = Sound(
      rate: 16_000, channels: 2, samples: (0..<200).map { $0 % 2 == 0 ? -500 : 500 })
    let picture = Image.waveforms([full, half], width: 50, stripHeight: 41, gap: 3)
    #expect(picture.width == 50 && picture.height == 2 * 41 + 3 * 3 && picture.channels == 1)
    func isCurve(_ x: Int, _ strip: Int, _ y: Int) -> Bool {
      picture.pixels[(3 + strip * 44 + y) * 50 + x] == 200
    }
    for x in 0..<50 {
      #expect((0..<41).filter { isCurve(x, 0, $0) } == [0])
      #expect((0..<41).filter { isCurve(x, 1, $0) } == (x < 25 ? Array(10...30) : []))
    }
  }

  @Test func anySizeWorks() {
    for (frames, width) in [(1, 1), (1, 1000), (3, 7), (5000, 7)] {
      for channels in [1, 2] {
        let loud = Sound(
          rate: 1, channels: channels,
          samples: [Int16](repeating: .min, count: frames * channels))
        let quiet = Sound(rate: 768_000, channels: 1, samples: [0])
        let picture = Image.waveforms([loud, quiet], width: width, stripHeight: 2, gap: 0)
        #expect(picture.width == width && picture.height == 4)
      }
    }
  }
}
