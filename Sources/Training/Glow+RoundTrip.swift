import Media
import Models
import Tensors

extension Glow {
  /// Some class for each of `count` examples, where only the latents matter, which no class
  /// changes.
  func anyLabels(_ count: Int) -> [Int] { Array(repeating: 0, count: count) }

  /// The largest |x − inverse(forward(x))| over these images, in levels of 8 bits.
  public func roundTripError(_ images: [Image]) -> Float {
    roundTripError(centered(images.flatMap(\.samples)), nil) * 256
  }

  /// The largest |x − inverse(forward(x))| over these sounds, in steps of 16 bits.
  public func roundTripError(_ sounds: [Sound]) -> Float {
    let c = configuration
    return sounds.map { roundTripError(centered($0), c.conditionTensor(of: $0)) * 32768 }
      .reduce(0) { $0.isNaN || $1 <= $0 ? $0 : $1 }  // NaN if any is
  }

  /// The largest |x − inverse(forward(x))| over up to 16 of these examples, in bins.
  func roundTripError(_ scored: Evaluation.Scored) -> Float {
    let c = configuration
    let count = min(16, scored.bitsPerDimension.count)
    let size = count * c.height * scored.width * c.channels
    let x = centered(Array(scored.samples.prefix(size)), width: scored.width)
    return roundTripError(x, scored.condition?.examples(0..<count)) * Float(1 << c.grid.binBits)
  }

  private func roundTripError(_ x: Tensor, _ condition: Tensor?) -> Float {
    computing(in: .float32) {
      let z = latents(of: x, labels: anyLabels(x.examples), condition: condition)
      return Tensor.largestDifference(x, decode(z, condition: condition))
    }
  }
}
