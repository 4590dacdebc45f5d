/// Takes a steady sound out of others, by its magnitudes:
///
///     Y(f, k) = X(f, k) · max(0, |X(f, k)| − strength · bias(k)) / |X(f, k)|
///
/// in windows that overlap by three quarters. Boll (1979); Prenger, Valle & Catanzaro (2019) call it
/// a denoiser.
public struct SpectralSubtraction: Sendable {
  private let frames: ShortTimeFourier
  private let bias: [Double]

  /// The mean magnitudes of a steady sound, in windows of so many samples, a multiple of 4.
  public init(steady samples: [Float], window: Int) {
    precondition(window > 0 && window % 4 == 0 && !samples.isEmpty)
    frames = ShortTimeFourier(window: window, hop: window / 4)
    var (sums, count) = ([Double](repeating: 0, count: window / 2 + 1), 0.0)
    frames.changing(samples) { _, spectrum in
      for (k, magnitude) in ShortTimeFourier.magnitudes(spectrum).enumerated() {
        sums[k] += magnitude
      }
      count += 1
    }
    bias = sums.map { $0 / count }
  }

  /// The samples without it.
  public func subtracted(from samples: [Float], strength: Double) -> [Float] {
    frames.changing(samples) { _, spectrum in
      let magnitudes = ShortTimeFourier.magnitudes(spectrum)
      ShortTimeFourier.scale(
        &spectrum,
        by: zip(magnitudes, bias).map { $0 > 0 ? max(0, $0 - strength * $1) / $0 : 0 })
    }
  }
}
