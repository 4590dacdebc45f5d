import Models
import Tensors

extension GradientSum {
  /// Takes the gradients of Σ weight·log p of samples and noise in these parts of the examples, one
  /// after the other; `finish` then has their sum. log p of each example, and the largest drift.
  func take(
    _ glow: Glow, _ samples: [Int16], _ noise: Tensor, in parts: [Range<Int>], labels: [Int]?,
    condition: Tensor?, weight: Float, memory: ActivationMemory
  ) -> (logLikelihood: [Double], reconstructionError: Float) {
    begin()
    let size = samples.count / noise.examples
    var (logLikelihood, reconstructionError) = ([Double](), Float(0))
    for (n, range) in parts.enumerated() {
      let isLast = n == parts.count - 1
      let own = Array(samples[range.lowerBound * size..<range.upperBound * size])
      let part = glow.addGradients(
        own, noise: noise.examples(range), labels: labels.map { Array($0[range]) },
        condition: condition?.examples(range), weight: weight, memory: memory,
        left: isLast ? { self.leave($0) } : nil)
      if !isLast { endPart() }
      logLikelihood += part.logLikelihood
      reconstructionError = max(reconstructionError, part.reconstructionError)
    }
    return (logLikelihood, reconstructionError)
  }
}
