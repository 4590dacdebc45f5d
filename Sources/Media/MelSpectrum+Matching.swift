import Foundation

extension MelSpectrum {
  /// Samples brought nearer to a spectrum, given frame by frame. A pass multiplies each band of each
  /// frame by what it lacks, keeps the phases, and puts the frames together again:
  ///
  ///     Y(f, k) = X(f, k) · Σ_b filter(b, k) r(f, b) / Σ_b filter(b, k),  r = exp(told − own)
  ///
  /// As Griffin & Lim's steps, but from a waveform that has phases. Frequencies in no band, such as
  /// 0 and half the rate, are multiplied as the nearest that is in one.
  public func matched(_ samples: [Float], to values: [Float], passes: Int) -> [Float] {
    precondition(values.count >= count(of: samples.count) * bands, "a frame every hop")
    let frames = ShortTimeFourier(window: window, hop: hop)
    var covered = [Double](repeating: 0, count: window / 2 + 1)
    for filter in filters {
      for (i, weight) in filter.weights.enumerated() { covered[filter.first + i] += weight }
    }
    let inBands = covered.indices.filter { covered[$0] > 0 }
    let nearest = covered.indices.map { k in
      min(max(k, inBands.first ?? k), inBands.last ?? k)
    }
    return (0..<passes).reduce(samples) { samples, _ in
      frames.changing(samples) { frame, spectrum in
        let magnitudes = ShortTimeFourier.magnitudes(spectrum)
        var factors = [Double](repeating: 0, count: covered.count)
        for (b, filter) in filters.enumerated() {
          let own = log(max(filter.sum(over: magnitudes), Self.floor))
          let lacking = exp(Double(values[frame * bands + b]) - own)
          for (i, weight) in filter.weights.enumerated() {
            factors[filter.first + i] += weight * lacking
          }
        }
        ShortTimeFourier.scale(
          &spectrum, by: nearest.map { covered[$0] > 0 ? factors[$0] / covered[$0] : 1 })
      }
    }
  }
}
