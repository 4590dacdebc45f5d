import Foundation
import Tensors

/// A fixed function of each element, z = f(x), with log|det J| = Σ log f'(x): from a bounded or
/// half line to the whole, or back. x, z: [N, D].
public enum Pointwise: String, TapedFlow, CaseIterable, Sendable {
  /// z = log x − log(1 − x), of (0, 1).
  case logit
  /// z = 1/(1 + exp(−x)), onto (0, 1).
  case sigmoid
  /// z = log(1 + exp x), onto the positive numbers.
  case softplus
  /// z = tanh x, onto (−1, 1).
  case tanh

  public func forward(_ x: Variable) -> (z: Variable, logDet: Variable) {
    switch self {
    case .logit:
      let (below, above) = (x.log(), (-x).log1p())
      return (below - above, (-below - above).rowSums())
    case .sigmoid:
      // log σ' = −softplus(x) − softplus(−x), which loses nothing at either end
      return (x.sigmoid(), -(x.softplus() + (-x).softplus()).rowSums())
    case .softplus: return (x.softplus(), -(-x).softplus().rowSums())
    case .tanh:
      // log(1 − tanh²) = 2·(log 2 − x − softplus(−2x))
      return (x.tanh(), (2 * (Float(log(2.0)) - x - (-2 * x).softplus())).rowSums())
    }
  }

  public func inverse(_ z: Tensor) -> Tensor {
    let inverse: (Double) -> Double =
      switch self {
      case .logit: { $0 > 0 ? 1 / (1 + exp(-$0)) : exp($0) / (1 + exp($0)) }
      case .sigmoid: { log($0) - log1p(-$0) }
      case .softplus: { $0 + log(-expm1(-$0)) }
      case .tanh: { atanh($0) }
      }
    return Tensor(z.elements.map { Float(inverse(Double($0))) }, shape: z.shape)
  }
}
