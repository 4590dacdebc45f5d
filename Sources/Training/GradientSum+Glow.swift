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
        condition: condition?.examples(range), weight: weight, memory: memory
      ) { if isLast { self.leave($0) } }
      if !isLast { endPart() }
      logLikelihood += part.logLikelihood
      reconstructionError = max(reconstructionError, part.reconstructionError)
    }
    return (logLikelihood, reconstructionError)
  }
}

extension TrainingOptions {
  /// Takes batches in so many parts on each rank, or in those that they were taken in before, if
  /// that many can be shared out; else in the next more.
  public mutating func shareOut(to ranks: any Communicator, partsEach: Int? = nil) {
    guard ranks.size > 1 else { return }
    let before = ((accumulate ?? 1) + ranks.size - 1) / ranks.size
    accumulate = (partsEach ?? before) * ranks.size
  }

  /// As one of the ranks is told them: with its own number of parts.
  public func forOne(of ranks: any Communicator) -> TrainingOptions {
    guard ranks.size > 1, let accumulate, accumulate % ranks.size == 0 else { return self }
    var own = self
    own.accumulate = accumulate == ranks.size ? nil : accumulate / ranks.size
    return own
  }

  /// The parts of the batch that are a rank's, counted from its first example: of n parts in all,
  /// part k is [kB/n, (k+1)B/n), and each rank has as many. Those of no example are left out.
  func parts(of ranks: any Communicator) -> [Range<Int>] {
    let all = accumulate ?? 1
    precondition(all % ranks.size == 0, "\(all) parts are shared out to \(ranks.size) ranks")
    let (each, first) = (all / ranks.size, ranks.share(of: batch).lowerBound)
    return (ranks.rank * each..<(ranks.rank + 1) * each).compactMap { k in
      let part = k * batch / all - first..<(k + 1) * batch / all - first
      return part.isEmpty ? nil : part
    }
  }
}
