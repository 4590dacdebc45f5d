import Flows
import Foundation
import Tensors

extension FlowDensity {
  /// The parts that the components of a Gaussian mixture have in the density of one column,
  ///
  ///     p_k(x) = p(x) · π_k N(y; μ_k, σ_k) / Σ_j π_j N(y; μ_j, σ_j),  Σ_k p_k = p
  ///
  /// with y what comes into the first of the flows that is a `gmm`. Onto a uniform base, and where
  /// nothing stands before or behind it, p_k is π_k N(x; μ_k, σ_k) itself; another base weighs it.
  ///
  /// x: [N, 1]; a list of N for each component, per unit of the column as it is in the file. None
  /// where no flow is a mixture, or there are more columns.
  public func mixtureComponents(_ x: Tensor, _ context: Context = Context()) -> [[Double]] {
    guard base.columns == 1, !configuration.isSampler else { return [] }
    var y = input(x, context)
    for part in chain.parts {
      if let (h, k) = mixture(part.flow, at: y) {
        let density = logLikelihood(x, context).map { exp($0) }
        return shares(of: y, h, components: k, in: density)
      }
      y = Chain([part]).transform(y).z
    }
    return []
  }

  /// The parameters of a mixture at y, [N or 1, 3K], and K; nil of any other flow.
  private func mixture(_ flow: any Flow, at y: Tensor) -> (h: [Float], components: Int)? {
    switch flow {
    case let flow as Autoregressive:
      guard case .gaussianMixture(let k) = flow.transformer else { return nil }
      return (flow.net(Variable(y)).value.elements, k)
    case let flow as Elementwise:
      guard case .gaussianMixture(let k) = flow.transformer else { return nil }
      return (flow.h.value.elements, k)
    default: return nil
    }
  }

  /// Each row's density, divided by what the components have in it. h: weights' logits, means, log
  /// scales.
  private func shares(of y: Tensor, _ h: [Float], components k: Int, in density: [Double])
    -> [[Double]]
  {
    let (y, width) = (y.elements, y.channels)
    let isShared = h.count == 3 * k
    var parts = Array(repeating: [Double](repeating: 0, count: density.count), count: k)
    for n in density.indices {
      let own = (0..<3 * k).map { Double(h[(isShared ? 0 : n * 3 * k) + $0]) }
      let value = Double(y[n * width + width - 1])
      let logs = (0..<k).map { i in
        let e = (value - own[k + i]) * exp(-own[2 * k + i])
        return own[i] - own[2 * k + i] - e * e / 2
      }
      let largest = logs.max() ?? 0
      let weights = logs.map { exp($0 - largest) }
      let sum = weights.reduce(0, +)
      for i in 0..<k { parts[i][n] = density[n] * weights[i] / sum }
    }
    return parts
  }
}
