import Models
import Tensors

extension GradientSum {
  /// Takes the gradients of Σ weight·log p(x) in these parts of x, one after the other; `finish`
  /// then has their sum. log p(x) of each example, and the largest drift.
  func take(
    _ glow: Glow, _ x: Tensor, in parts: [Range<Int>], labels: [Int]?, condition: Tensor?,
    weight: Float, memory: ActivationMemory
  ) -> (logLikelihood: [Double], reconstructionError: Float) {
    begin()
    var (logLikelihood, reconstructionError) = ([Double](), Float(0))
    for (n, range) in parts.enumerated() {
      let isLast = n == parts.count - 1
      let part = glow.addGradients(
        x.examples(range), labels: labels.map { Array($0[range]) },
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
