import Tensors

extension GlowConfiguration {
  /// Places of a condition down and across an example of so many columns.
  public func conditionPlaces(_ kind: Condition, width: Int) -> [Int] {
    medium.isSound
      ? [1, kind.count(of: width)] : [kind.blocks(over: height), kind.blocks(over: width)]
  }

  /// What the couplings' nets are told beside half of the channels: numbers at places that lie
  /// evenly along a sound, the first over its first frame, or one for each square block of an
  /// image, from its first corner on. A class is the same numbers everywhere, at one place.
  public struct Condition: Codable, Equatable, Sendable {
    /// Numbers at each place, B.
    public var channels: Int
    /// Columns from one place to the next, h; the side of a block.
    public var spacing: Int
    /// The mel spectrum of the sound that the numbers are; nil where they are something else.
    public var mel: Mel?

    /// So many numbers every `spacing` columns.
    public init(channels: Int, spacing: Int, mel: Mel? = nil) {
      (self.channels, self.spacing, self.mel) = (channels, spacing, mel)
    }

    /// What makes a mel spectrum of a sound, beside its bands and the frames from one to the next.
    public struct Mel: Codable, Equatable, Sendable {
      /// Frames in the window of the Fourier transform.
      public var fft: Int
      /// Where the lowest band begins and the highest ends, Hz.
      public var lowest, highest: Double

      /// A window, and the range of the bands.
      public init(fft: Int, lowest: Double, highest: Double) {
        (self.fft, self.lowest, self.highest) = (fft, lowest, highest)
      }
    }

    /// A mel spectrum that suits a rate: 80 bands up to 8000 Hz of windows of about 46 ms, a
    /// quarter of that from one to the next, as WaveGlow has them at 22,050 Hz. Given values are
    /// kept.
    public static func mel(
      rate: Int, bands: Int? = nil, fft: Int? = nil, hop: Int? = nil, lowest: Double? = nil,
      highest: Double? = nil
    ) -> Condition {
      // the power of two whose ratio to 46 ms is nearest 1; in Double, where no square overflows
      var window = 16
      let samples = Double(rate) * 1024
      while 2 * (Double(window) * 22_050) * (Double(window) * 22_050) <= samples * samples {
        window *= 2
      }
      let fft = fft ?? window
      return Condition(
        channels: bands ?? 80, spacing: hop ?? max(1, fft / 4),
        mel: Mel(fft: fft, lowest: lowest ?? 0, highest: highest ?? min(8000, Double(rate) / 2)))
    }

    /// How many numbers a place, B, may have.
    public static let channelCounts = 1...4096
    /// What the spacing may be.
    public static let spacings = 1...1 << 16
    /// What a window may be; it is even.
    public static let windows = 4...1 << 16

    /// Blocks over a side of so many pixels.
    public func blocks(over side: Int) -> Int { (side + spacing - 1) / spacing }

    /// The blocks that hold the middles of what the pixels of a level, counted from 0, stand for:
    ///
    ///     block = ⌊(2i + 1)·2^l / h⌋ down, and so across                               l from 0
    func blocks(level: Int, height: Int, width: Int) -> [(row: Int, share: Float)] {
      let across = blocks(over: width << (level + 1))
      return (0..<height).flatMap { i in
        (0..<width).map { j in
          ((2 * i + 1) << level / spacing * across + (2 * j + 1) << level / spacing, 0)
        }
      }
    }

    /// Places over a sound of so many columns.
    public func count(of columns: Int) -> Int { 1 + columns / spacing }

    /// Where the columns of a level, counted from 0, stand among the places: the middle of the
    /// columns of x that they stand for, on the line from one place to the next.
    ///
    ///     row + share = (start + (2t + 1)·2^l) / h, and at most the last place        l from 0
    ///
    /// `start` is x's first column, counted from the first place.
    func places(level: Int, columns: Int, from start: Int, count: Int) -> [(row: Int, share: Float)]
    {
      (0..<columns).map { t in
        let column = start + (2 * t + 1) << level
        let row = column / spacing
        return row < count - 1
          ? (row, Float(column % spacing) / Float(spacing)) : (count - 1, 0)
      }
    }

    /// The places that so many columns of x may ask for, of `count`; whole blocks of them, one at
    /// least, so that their products come to the same bits as those of all.
    func places(of columns: Range<Int>, count: Int) -> Range<Int> {
      let block = Tensor.rowsAtOnce
      let last = min((columns.upperBound / spacing + 1) / block * block + block, count)
      let first = min(columns.lowerBound / spacing, max(0, last - block))
      return first / block * block..<last
    }

    /// Why no model can be told this beside images, or nil.
    var validationErrorOfImages: String? {
      mel == nil ? validationError : "a mel spectrum is of a sound"
    }

    /// Why no model can be told this beside sounds of a rate, or nil.
    public func validationError(rate: Int) -> String? {
      if let validationError { return validationError }
      guard let mel else { return nil }
      if !Self.windows.contains(mel.fft) || mel.fft % 2 != 0 {
        return "a window of \(mel.fft) frames is not even, or not in "
          + "\(Self.windows.lowerBound)…\(Self.windows.upperBound)"
      }
      if spacing > mel.fft {
        return "windows of \(mel.fft) frames, \(spacing) apart, leave some of a sound out"
      }
      let nyquist = Double(rate) / 2
      if !(0 <= mel.lowest && mel.lowest < mel.highest && mel.highest <= nyquist) {
        return "bands from \(mel.lowest) to \(mel.highest) Hz do not lie within 0 to \(nyquist)"
      }
      return nil
    }

    private var validationError: String? {
      if !Self.channelCounts.contains(channels) { return "a condition has \(channels) numbers" }
      if !Self.spacings.contains(spacing) {
        return "the places of a condition are \(spacing) apart"
      }
      return nil
    }
  }
}
