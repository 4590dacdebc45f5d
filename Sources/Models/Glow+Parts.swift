import Tensors

extension Glow {
  /// As `addGradients`, from samples and as much noise, with at most `size` examples in memory at a
  /// time; the same to rounding.
  public func addGradients(
    _ samples: [Int16], noise: Tensor, inPartsOf size: Int, labels: [Int]? = nil,
    condition: Tensor? = nil, weight: Float, memory: ActivationMemory
  ) -> (logLikelihood: [Double], reconstructionError: Float) {
    var (logLikelihood, reconstructionError) = ([Double](), Float(0))
    let dimensions = samples.count / noise.examples
    for first in stride(from: 0, to: noise.examples, by: size) {
      let range = first..<min(first + size, noise.examples)
      let own = Array(samples[range.lowerBound * dimensions..<range.upperBound * dimensions])
      let part = addGradients(
        dequantize(own, noise: noise.examples(range)), labels: labels.map { Array($0[range]) },
        condition: condition?.examples(range), weight: weight, memory: memory)
      logLikelihood += part.logLikelihood
      reconstructionError = max(reconstructionError, part.reconstructionError)
    }
    return (logLikelihood, reconstructionError)
  }
}
