extension GlowConfiguration {
  /// The most levels that images of this size have room for: the last still has a pixel.
  public static func deepest(width: Int, height: Int) -> Int {
    max(0, Int.bitWidth - 1 - min(width, height).leadingZeroBitCount)
  }

  /// A model that suits images of this size, and a run of so many minutes where that is known:
  /// levels until the shorter side is 4 to 7 pixels, the size reduced to the nearest that so many
  /// levels can halve, and nets of 128 hidden channels, or of 256 where there is an hour: a wider
  /// net learns more from an image, but sees fewer.
  ///
  /// Given values are kept. Sides must be at least 2.
  public static func suited(
    width: Int, height: Int, channels: Int, levels: Int? = nil, steps: Int? = nil,
    hidden: Int? = nil, minutes: Double? = nil
  ) -> GlowConfiguration {
    let levels = levels ?? min(5, max(1, deepest(width: width, height: height) - 2))
    let unit = 1 << levels
    var c = GlowConfiguration(
      height: max(unit, height / unit * unit), width: max(unit, width / unit * unit),
      channels: channels, levels: levels, steps: steps ?? (levels < 3 ? 16 : 8),
      hidden: hidden ?? ((minutes ?? 0) < 60 ? 128 : 256), coupling: .mixture)
    c.dequantizer = c.suitedDequantizer
    c.border = c.suitedBorder
    return c
  }

  /// A model that suits sounds of which nine in ten last `typical` frames: segments of that, at
  /// most 8,192, reduced to what the levels divide, and levels until 32 frames or more are left, at
  /// most 8, beyond 3 no more than halve a given segment.
  ///
  /// Given values are kept.
  public static func suited(
    typical: Int, channels: Int, rate: Int, segment: Int? = nil, levels: Int? = nil,
    steps: Int? = nil, hidden: Int? = nil, layers: Int? = nil
  ) -> GlowConfiguration {
    let most = segment ?? min(typical, 8192)
    let room = Int.bitWidth - 1 - max(1, most).leadingZeroBitCount
    let halvings = segment.map { max(3, $0.trailingZeroBitCount) } ?? 8
    let levels = levels ?? max(1, min(8, room - 5, halvings))
    let unit = 1 << levels
    return GlowConfiguration(
      segment: segment ?? max(unit, most / unit * unit), channels: channels,
      audio: Audio(rate: rate, layers: layers ?? 4), levels: levels, steps: steps ?? 8,
      hidden: hidden ?? 32, coupling: .mixture)
  }

  /// The temperature that draws are made at where nothing is said: 0.7, and 1 of mixture couplings,
  /// which put most pixels of a page near their medians, so that less heat leaves strokes out.
  public var suitedTemperature: Float { coupling == .mixture ? 1 : 0.7 }

  /// A batch that suits the size, small, as it is the number of steps that counts: 8 images, fewer
  /// of more than 4,096 pixels; two segments of sound, more where they are short.
  public var suitedBatch: Int {
    medium.isSound ? max(2, min(32, 4096 / width)) : max(4, min(8, (32 << 10) / (height * width)))
  }
}
