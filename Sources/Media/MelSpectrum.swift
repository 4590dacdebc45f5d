import Foundation

/// The logarithm of a sound's mel spectrum, as vocoders take it:
///
///     m(f, b) = Σ_k filter(b, k) |X(f, k)|,   X(f, ·) = DFT of hann(n) · x(f · hop − window/2 + n)
///     ln max(m, 1e−5)                                                         frames × bands
///
/// x is in −1 to 1, mirrored at the ends of a sound; filters are triangles that are even on Slaney's
/// mel scale, each of area 1 over Hz, as librosa's `filters.mel` has them by default. Frames are
/// centred on every `hop`th sample. Prenger, Valle & Catanzaro (2019), section 2.3.
public struct MelSpectrum: Sendable {
  /// Frames of sound a second, Hz.
  public let rate: Int
  /// Numbers in a frame of the spectrum.
  public let bands: Int
  /// Samples in the window, an even number, and from one window to the next.
  public let window, hop: Int
  /// Where the lowest band begins and the highest ends, Hz.
  public let lowest, highest: Double

  /// The least magnitude that is told from silence.
  public static let floor = 1e-5

  /// A band: what it takes of the frequencies of the transform from `first` on.
  struct Filter {
    let first: Int
    let weights: [Double]

    /// Its part of the magnitudes.
    func sum(over magnitudes: [Double]) -> Double {
      var sum = 0.0
      for (i, weight) in weights.enumerated() { sum += weight * magnitudes[first + i] }
      return sum
    }
  }
  let filters: [Filter]
  private let hann: [Double]

  /// A front end for sounds of a rate.
  public init(rate: Int, bands: Int, window: Int, hop: Int, lowest: Double, highest: Double) {
    precondition(rate > 0 && bands > 0 && hop > 0 && window > 0 && window % 2 == 0)
    precondition(0 <= lowest && lowest < highest)
    (self.rate, self.bands, self.window, self.hop) = (rate, bands, window, hop)
    (self.lowest, self.highest) = (lowest, highest)
    let (low, high) = (Self.mel(lowest), Self.mel(highest))
    let corners = (0...bands + 1).map {
      Self.hertz(low + Double($0) * (high - low) / Double(bands + 1))
    }
    filters = (0..<bands).map { b in
      let (left, top, right) = (corners[b], corners[b + 1], corners[b + 2])
      let all = (0...window / 2).map { k in
        let hertz = Double(k * rate) / Double(window)
        return max(0, min((hertz - left) / (top - left), (right - hertz) / (right - top)))
          * 2 / (right - left)
      }
      let first = all.firstIndex { $0 > 0 } ?? 0
      let end = (all.lastIndex { $0 > 0 } ?? -1) + 1
      return Filter(first: first, weights: Array(all[first..<max(first, end)]))
    }
    hann = Fourier.hann(window)
  }

  /// Bands so narrow that no frequency of the transform lies in them.
  public var emptyBands: Int { filters.count { $0.weights.isEmpty } }

  /// Frames of the spectrum of so many samples.
  public func count(of samples: Int) -> Int { 1 + samples / hop }

  /// Samples that a frame sees to either side of the one it is centred on.
  public var margin: Int { window / 2 }

  /// The spectrum of a mono sound, frame by frame.
  public func of(_ sound: Sound) -> [Float] {
    precondition(sound.rate == rate && sound.channels == 1, "a mono sound of the rate")
    let frames = count(of: sound.frames)
    let places = -margin..<(frames - 1) * hop + margin
    return of(
      places.map { sound.samples[$0.mirrored(within: sound.frames)] }, count: frames)
  }

  /// So many frames of the spectrum of samples that begin `margin` before the first of them is
  /// centred, and end `margin` behind the last one's or later.
  public func of(_ samples: [Int16], count: Int) -> [Float] {
    precondition(samples.count >= (count - 1) * hop + window, "samples around all frames")
    let fourier = Fourier(size: window)
    var (x, spectrum) = (
      [Double](repeating: 0, count: window), [Double](repeating: 0, count: 2 * fourier.bins)
    )
    var out: [Float] = []
    out.reserveCapacity(count * bands)
    for frame in 0..<count {
      for n in 0..<window { x[n] = hann[n] * Double(samples[frame * hop + n]) / 32768 }
      fourier.forward(x, into: &spectrum)
      let magnitudes = ShortTimeFourier.magnitudes(spectrum)
      out += filters.map { Float(log(max($0.sum(over: magnitudes), Self.floor))) }
    }
    return out
  }

  /// Slaney's scale: linear up to 1000 Hz, which is 15 mel, then logarithmic, 27 mel for a factor of
  /// 6.4.
  private static func mel(_ hertz: Double) -> Double {
    hertz < 1000 ? hertz * 3 / 200 : 15 + log(hertz / 1000) * 27 / log(6.4)
  }

  private static func hertz(_ mel: Double) -> Double {
    mel < 15 ? mel * 200 / 3 : 1000 * exp((mel - 15) * log(6.4) / 27)
  }
}

extension Int {
  /// A place among `count`, where those before the first and behind the last are seen as in a mirror
  /// that stands on it.
  func mirrored(within count: Int) -> Int {
    let period = Swift.max(1, 2 * (count - 1))
    let place = ((self % period) + period) % period
    return place < count ? place : period - place
  }
}
