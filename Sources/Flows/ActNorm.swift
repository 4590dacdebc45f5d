import Foundation
import Tensors

/// Activation normalization: an affine map per channel, set once from the first batch.
///
///     z = (x + bias) · exp(logScale)          log|det J| = H·W·Σ logScale
///
/// x, z: [N, H, W, C]; bias, logScale: [C]. Kingma & Dhariwal (2018), section 3.1.
public struct ActNorm: DoubleFlow {
  /// What is added, and the logarithm of what that is multiplied by; [C].
  public let bias, logScale: Parameter

  /// The identity over this many channels, until `initialize`, which is all that ever sets it
  /// unless it is trained.
  public init(channels: Int, isTrained: Bool = true) {
    func zeros() -> Parameter {
      Parameter(shape: [channels], isTrained: isTrained) { Tensor(repeating: 0, shape: [channels]) }
    }
    (bias, logScale) = (zeros(), zeros())
  }

  private var scale: Tensor {
    Tensor(logScale.value.elements.map(exp), shape: logScale.shape)
  }
  private var scales: [Double] { logScale.value.elements.map { exp(Double($0)) } }

  public func forward(_ x: Tensor) -> (z: Tensor, logDet: [Double], saved: Tensor) {
    let total = logScale.value.elements.reduce(0) { $0 + Double($1) } * Double(x.positions)
    let z = x.affine(bias: bias.value, scale: scale)
    return (z, Array(repeating: total, count: x.examples), x)
  }

  public func inverse(_ z: Tensor) -> Tensor { z.affineInverse(bias: bias.value, scale: scale) }

  public func forward(_ x: DoubleTensor) -> DoubleTensor {
    x.affine(bias: bias.value.elements.map(Double.init), scale: scales)
  }

  public func inverse(_ z: DoubleTensor) -> DoubleTensor {
    z.affineInverse(bias: bias.value.elements.map(Double.init), scale: scales)
  }

  public func restore(_ z: Tensor, _ trace: Void) -> (x: Tensor, saved: Tensor) {
    let x = inverse(z)
    return (x, x)
  }

  public func backward(_ x: Tensor, _ dz: Tensor, _ dLogDet: [Float]) -> Tensor {
    let (dx, dBias, dLogScale) = x.affineBackward(dz, bias: bias.value, scale: scale)
    let shared = dLogDet.reduce(0, +) * Float(x.positions)
    bias.accumulate(dBias)
    logScale.accumulate(dLogScale.map { $0 + shared })
    return dx
  }

  public func initialize(from x: Tensor) -> Tensor {
    let (mean, deviation) = x.columnMoments()
    bias.set(mean.map { Float(-$0) })
    logScale.set(deviation.map { Float(-log($0)) })
    return forward(x).z
  }

  /// The largest scale over the smallest.
  public var conditionNumber: Double? {
    let scales = scales
    return (scales.max() ?? 1) / (scales.min() ?? 1)
  }

  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    body(path + ".bias", bias)
    body(path + ".log_scale", logScale)
  }
}
