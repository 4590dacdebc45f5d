/// Takes a steady sound out of others, by its magnitudes:
///
///     Y(f, k) = X(f, k) · max(0, |X(f, k)| − strength · bias(k)) / |X(f, k)|
///
/// in windows of Hann that overlap by three quarters; what is added up is divided by the sum of the
/// windows' squares. Boll (1979); Prenger, Valle & Catanzaro (2019) call it a denoiser.
public struct SpectralSubtraction: Sendable {
  private let window: Int
  private let bias: [Double]

  /// The mean magnitudes of a steady sound, in windows of so many samples, a multiple of 4.
  public init(steady samples: [Float], window: Int) {
    precondition(window > 0 && window % 4 == 0)
    self.window = window
    var (sums, count) = ([Double](repeating: 0, count: window / 2 + 1), 0)
    Self.passing(samples, window) { spectrum in
      for k in sums.indices { sums[k] += Self.magnitude(spectrum, k) }
      count += 1
    }
    bias = sums.map { $0 / Double(max(1, count)) }
  }

  /// The samples without it.
  public func subtracted(from samples: [Float], strength: Double) -> [Float] {
    Self.passing(samples, window) { spectrum in
      for k in bias.indices {
        let magnitude = Self.magnitude(spectrum, k)
        let rest = max(0, magnitude - strength * bias[k])
        let scale = magnitude > 0 ? rest / magnitude : 0
        spectrum[2 * k] *= scale
        spectrum[2 * k + 1] *= scale
      }
    }
  }

  private static func magnitude(_ spectrum: [Double], _ k: Int) -> Double {
    let (real, imaginary) = (spectrum[2 * k], spectrum[2 * k + 1])
    return (real * real + imaginary * imaginary).squareRoot()
  }

  /// The samples put together again from the spectra of their windows, as `change` leaves them.
  @discardableResult
  private static func passing(
    _ samples: [Float], _ window: Int, _ change: (inout [Double]) -> Void
  ) -> [Float] {
    let (fourier, hann, hop) = (Fourier(size: window), Fourier.hann(window), window / 4)
    var (sum, weights) = (
      [Double](repeating: 0, count: samples.count), [Double](repeating: 0, count: samples.count)
    )
    var (x, spectrum) = (
      [Double](repeating: 0, count: window), [Double](repeating: 0, count: 2 * fourier.bins)
    )
    // from the first window that holds a sample to the last one
    for start in stride(from: hop - window, to: samples.count, by: hop) {
      for n in 0..<window {
        let place = start + n
        x[n] = samples.indices.contains(place) ? hann[n] * Double(samples[place]) : 0
      }
      fourier.forward(x, into: &spectrum)
      change(&spectrum)
      fourier.inverse(spectrum, into: &x)
      for n in max(0, -start)..<min(window, samples.count - start) {
        sum[start + n] += hann[n] * x[n]
        weights[start + n] += hann[n] * hann[n]
      }
    }
    return zip(sum, weights).map { Float($0 / max($1, 1e-12)) }
  }
}
