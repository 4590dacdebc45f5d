import CKernels
import Foundation

/// What couplings do to the second half of their channels, in double; h is what a net has made of
/// the first half. See `CouplingTransform` and `CouplingTransform+Mixture`.
extension DoubleTensor {
  /// (x + shift) · s with s = sigmoid(logit + 2); h holds shift and logit in turn.
  package func coupled(by h: Tensor) -> DoubleTensor {
    mapping(by: h, 2) { x, h in (x + Double(h[0])) / (1 + exp(-Double(h[1]) - 2)) }
  }

  /// The inverse of `coupled`: z / s − shift.
  package func uncoupled(by h: Tensor) -> DoubleTensor {
    mapping(by: h, 2) { z, h in z * (1 + exp(-Double(h[1]) - 2)) - Double(h[0]) }
  }

  /// x ± h.
  package func shifted(by h: Tensor, sign: Double) -> DoubleTensor {
    mapping(by: h, 1) { x, h in x + sign * Double(h[0]) }
  }

  /// logit(F(x)) · exp(tanh a) + b, F the mixture of logistics that h holds.
  package func mixed(by h: Tensor, components: Int) -> DoubleTensor {
    mapping(by: h, 3 * components + 2) { x, h in glow_logistic_mixture_of(x, h, components) }
  }

  /// The inverse of `mixed`, sought from `start`, which need not be near.
  package func unmixed(by h: Tensor, components: Int, from start: DoubleTensor) -> DoubleTensor {
    mapping(by: h, 3 * components + 2, beside: start) { z, h, start in
      glow_logistic_mixture_root(z, start, h, components)
    }
  }

  private func mapping(
    by h: Tensor, _ parameters: Int, _ body: (Double, UnsafePointer<Float>) -> Double
  ) -> DoubleTensor {
    mapping(by: h, parameters, beside: self) { x, h, _ in body(x, h) }
  }

  /// What `body` makes of each element, its parameters, and the element there of another tensor.
  private func mapping(
    by h: Tensor, _ parameters: Int, beside other: DoubleTensor,
    _ body: (Double, UnsafePointer<Float>, Double) -> Double
  ) -> DoubleTensor {
    precondition(
      h.channels == channels * parameters && h.rows * channels == elements.count
        && h.isContiguous && other.shape == shape, "\(shape) by \(h.shape)")
    return Profile.measure("couplings and densities") {
      DoubleTensor(shape: shape) { r, out in
        for c in 0..<channels {
          let i = r * channels + c
          out[c] = body(elements[i], h.pointer + i * parameters, other.elements[i])
        }
      }
    }
  }
}
