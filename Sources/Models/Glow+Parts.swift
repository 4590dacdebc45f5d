import Tensors

extension Glow {
  /// As `addGradients`, with at most `size` examples in memory at a time; the same to rounding.
  public func addGradients(
    _ x: Tensor, inPartsOf size: Int, labels: [Int]? = nil, condition: Tensor? = nil,
    weight: Float, memory: ActivationMemory
  ) -> (logLikelihood: [Double], reconstructionError: Float) {
    var (logLikelihood, reconstructionError) = ([Double](), Float(0))
    for first in stride(from: 0, to: x.examples, by: size) {
      let range = first..<min(first + size, x.examples)
      let part = addGradients(
        x.examples(range), labels: labels.map { Array($0[range]) },
        condition: condition?.examples(range), weight: weight, memory: memory)
      logLikelihood += part.logLikelihood
      reconstructionError = max(reconstructionError, part.reconstructionError)
    }
    return (logLikelihood, reconstructionError)
  }
}
