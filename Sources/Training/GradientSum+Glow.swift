import Models
import Tensors

extension GradientSum {
  /// Takes the gradients of Σ weight·log p of samples and noise in these parts of the examples;
  /// `finish` then has their sum. log p of each example, and the largest drift.
  func take(
    _ samples: [Int16], _ noise: Tensor, in parts: [Range<Int>], labels: [Int]?,
    condition: Tensor?, weight: Float, memory: ActivationMemory
  ) -> (logLikelihood: [Double], reconstructionError: Float) {
    let size = samples.count / noise.examples
    let results = take(parts.count) { n, model, left in
      let range = parts[n]
      return model.addGradients(
        Array(samples[range.lowerBound * size..<range.upperBound * size]),
        noise: noise.examples(range), labels: labels.map { Array($0[range]) },
        condition: condition?.examples(range), weight: weight, memory: memory, left: left)
    }
    let drifts = results.map(\.reconstructionError)
    return (
      results.flatMap(\.logLikelihood), drifts.first { !$0.isFinite } ?? drifts.max() ?? 0
    )
  }
}
