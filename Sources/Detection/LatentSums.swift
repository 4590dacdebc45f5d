import Foundation
import Models
import Tensors

/// What is added up over the latents of a level, brought to N(0, 1), for one example; sums of
/// several windows are those of the whole.
struct LatentSums {
  /// Σ log|det J| and the log density, nats.
  var logDet = 0.0
  var logDensity = 0.0
  private var (count, squares) = (0.0, 0.0)
  /// Σ u u' over neighbours side by side, and one below the other, and how many there are.
  private var across = (sum: 0.0, count: 0.0)
  private var down = (sum: 0.0, count: 0.0)
  /// The largest mean of u² over some positions that lie together.
  private var peak = 0.0
  /// How many u lie in each of the intervals that a normal number is equally likely to be in.
  private(set) var histogram = [Double](repeating: 0, count: Self.bins)

  static let bins = 64

  init() {}

  /// Of a latent, H × W × C.
  init(_ u: UnsafeBufferPointer<Float>, height: Int, width: Int, channels: Int) {
    var energies = [Float](repeating: 0, count: height * width)
    for y in 0..<height {
      for x in 0..<width {
        let first = (y * width + x) * channels
        var energy: Float = 0
        for c in first..<first + channels {
          energy += u[c] * u[c]
          histogram[Self.bin(u[c])] += 1
        }
        squares += Double(energy)
        energies[y * width + x] = energy / Float(channels)
        if x > 0 { across.sum += Self.product(u, first, first - channels, channels) }
        if y > 0 { down.sum += Self.product(u, first, first - width * channels, channels) }
      }
    }
    count = Double(height * width * channels)
    across.count = Double(height * (width - 1) * channels)
    down.count = Double((height - 1) * width * channels)
    peak = Self.peak(energies, height, width)
  }

  private static func product(
    _ u: UnsafeBufferPointer<Float>, _ a: Int, _ b: Int, _ count: Int
  ) -> Double {
    var sum: Float = 0
    for c in 0..<count { sum += u[a + c] * u[b + c] }
    return Double(sum)
  }

  /// The interval that a number is in, of those that N(0, 1) fills equally; what is not a number is
  /// in the last.
  private static func bin(_ u: Float) -> Int {
    let place = 0.5 * erfc(-Double(u) * 0.5.squareRoot()) * Double(bins)
    return place < Double(bins) ? Int(place) : bins - 1
  }

  /// The largest mean over 3×3 positions; of sound, over 9 in a row, or all where there are fewer.
  private static func peak(_ energies: [Float], _ height: Int, _ width: Int) -> Double {
    let (tall, wide) = height > 1 ? (min(3, height), min(3, width)) : (1, min(9, width))
    var largest: Float = 0
    for y in 0...height - tall {
      for x in 0...width - wide {
        var sum: Float = 0
        for row in y..<y + tall {
          for column in x..<x + wide { sum += energies[row * width + column] }
        }
        largest = max(largest, sum)
      }
    }
    return Double(largest) / Double(tall * wide)
  }

  static func += (a: inout LatentSums, b: LatentSums) {
    a.logDet += b.logDet
    a.logDensity += b.logDensity
    a.count += b.count
    a.squares += b.squares
    a.across = (a.across.sum + b.across.sum, a.across.count + b.across.count)
    a.down = (a.down.sum + b.down.sum, a.down.count + b.down.count)
    a.peak = max(a.peak, b.peak)
    for i in 0..<bins { a.histogram[i] += b.histogram[i] }
  }

  // MARK: Numbers

  /// What is known of a level: log-det and log density in nats a dimension of the example, the
  /// logarithm of the mean of u², how alike neighbours are, and the logarithm of the largest local
  /// mean of u².
  func numbers(dimensions: Double, areSounds: Bool) -> [Double] {
    let own = [
      logDet / dimensions, logDensity / dimensions, Self.log(squares / count),
      Self.ratio(across, squares / count),
    ]
    return own + (areSounds ? [] : [Self.ratio(down, squares / count)]) + [Self.log(peak)]
  }

  static func names(level: Int, areSounds: Bool) -> [String] {
    (["log-det", "log density", "mean square", "across"] + (areSounds ? [] : ["down"]) + ["peak"])
      .map { "level \(level) \($0)" }
  }

  /// Latents that are all 0 have a logarithm all the same.
  private static func log(_ value: Double) -> Double { Foundation.log(max(value, 1e-12)) }

  private static func ratio(_ sum: (sum: Double, count: Double), _ square: Double) -> Double {
    sum.count > 0 ? sum.sum / sum.count / max(square, 1e-12) : 0
  }

  /// The largest difference between the latents' distribution function and that of N(0, 1), after
  /// Kolmogorov and Smirnov, at the edges of the histogram.
  static func fit(_ levels: [LatentSums]) -> Double {
    let total = levels.reduce(0) { $0 + $1.count }
    var (sum, largest) = (0.0, 0.0)
    for bin in 0..<bins {
      sum += levels.reduce(0) { $0 + $1.histogram[bin] } / total
      largest = max(largest, abs(sum - Double(bin + 1) / Double(bins)))
    }
    return largest
  }
}
