extension Image {
  /// The sounds as curves, one strip below the other on one time axis in seconds, in gray.
  ///
  /// Each column shows the lowest and the highest sample of its time over all channels. The loudest
  /// sound fills its strip, and all have one scale; where a sound has ended its strip is empty.
  /// `width`, `stripHeight` and `gap` are in pixels.
  public static func waveforms(
    _ sounds: [Sound], width: Int = 1000, stripHeight: Int = 64, gap: Int = 4
  ) -> Image {
    precondition(!sounds.isEmpty, "a picture shows at least one sound")
    precondition(width > 0 && stripHeight > 0 && gap >= 0, "strips have a size")
    let seconds = sounds.map { Double($0.frames) / Double($0.rate) }.max() ?? 0
    let peak = max(1, sounds.lazy.flatMap(\.samples).map { Int($0.magnitude) }.max() ?? 0)
    let (ground, background, curve): (UInt8, UInt8, UInt8) = (40, 20, 200)

    let height = sounds.count * (stripHeight + gap) + gap
    var pixels = [UInt8](repeating: ground, count: width * height)
    for (i, sound) in sounds.enumerated() {
      let top = gap + i * (stripHeight + gap)
      pixels.replaceSubrange(
        top * width..<(top + stripHeight) * width,
        with: repeatElement(background, count: stripHeight * width))
      for x in 0..<width {
        let frames = Double(sound.rate) * seconds / Double(width)  // Of one column.
        let first = Int(Double(x) * frames)
        guard first < sound.frames else { break }
        let end = min(sound.frames, max(first + 1, Int(Double(x + 1) * frames)))
        // The last frame of the column before joins the curve up.
        let shown = sound.samples[max(0, first - 1) * sound.channels..<end * sound.channels]
        func row(_ sample: Int16?) -> Int {
          (peak - Int(sample ?? 0)) * (stripHeight - 1) / (2 * peak)
        }
        for y in row(shown.max())...row(shown.min()) { pixels[(top + y) * width + x] = curve }
      }
    }
    return Image(width: width, height: height, channels: 1, pixels: pixels)
  }
}
