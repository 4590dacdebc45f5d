/// Sounds by the spectra of windows of Hann that overlap, the first centred on the first sample; a
/// sound is mirrored at its ends. What is put together again is divided by the sum of the windows'
/// squares (Griffin & Lim 1984).
struct ShortTimeFourier: Sendable {
  let window, hop: Int
  private let hann: [Double]

  /// Windows of an even number of samples, so far apart.
  init(window: Int, hop: Int) {
    (self.window, self.hop, hann) = (window, hop, Fourier.hann(window))
  }

  /// The samples put together from their spectra as `change` leaves those of the frames in turn.
  @discardableResult
  func changing(
    _ samples: [Float], _ change: (_ frame: Int, _ spectrum: inout [Double]) -> Void
  ) -> [Float] {
    let fourier = Fourier(size: window)
    var sum = [Double](repeating: 0, count: samples.count)
    var (weights, x) = (sum, [Double](repeating: 0, count: window))
    var spectrum = [Double](repeating: 0, count: 2 * fourier.bins)
    for frame in 0..<1 + samples.count / hop {
      let start = frame * hop - window / 2
      for n in 0..<window {
        x[n] = hann[n] * Double(samples[(start + n).mirrored(within: samples.count)])
      }
      fourier.forward(x, into: &spectrum)
      change(frame, &spectrum)
      fourier.inverse(spectrum, into: &x)
      for n in max(0, -start)..<min(window, samples.count - start) {
        sum[start + n] += hann[n] * x[n]
        weights[start + n] += hann[n] * hann[n]
      }
    }
    // behind the last window, where hops are as long as windows, nothing is known
    return samples.indices.map { weights[$0] > 1e-8 ? Float(sum[$0] / weights[$0]) : samples[$0] }
  }

  /// |X[k]| of a spectrum.
  static func magnitudes(_ spectrum: [Double]) -> [Double] {
    (0..<spectrum.count / 2).map { k -> Double in
      let (real, imaginary) = (spectrum[2 * k], spectrum[2 * k + 1])
      return (real * real + imaginary * imaginary).squareRoot()
    }
  }

  /// Multiplies a spectrum by a number for each frequency.
  static func scale(_ spectrum: inout [Double], by factors: [Double]) {
    for (k, factor) in factors.enumerated() {
      spectrum[2 * k] *= factor
      spectrum[2 * k + 1] *= factor
    }
  }
}
