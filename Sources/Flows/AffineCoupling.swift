import Tensors

/// Affine coupling: one half of the channels stays and says how the other is shifted and scaled.
///
///     z1 = x1, z2 = (x2 + shift) · s          log|det J| = Σ log s
///     s = sigmoid(logit + 2), (shift, logit) = net(x1), interleaved
///
/// x, z: [N, H, W, C], C even. Dinh et al. (2017), section 3.3; Kingma & Dhariwal (2018), section
/// 3.3.
public struct AffineCoupling<Net: CouplingNet>: DoubleFlow {
  /// The output, what the net made of its first half, what the net keeps, and its input where it
  /// was rounded.
  public typealias Saved = (z: Tensor, h: Tensor, net: Net.Saved, rounded: Tensor?)

  let net: Net

  /// A coupling by `net`, whose output has as many channels as the coupling's input.
  public init(net: Net) { self.net = net }

  public func given(_ condition: RowsBetween) -> Self { Self(net: net.given(condition)) }

  public func forward(_ x: Tensor) -> (z: Tensor, logDet: [Double], saved: Saved) {
    let rounded = net.rounded(x.firstHalf)
    let (h, kept) = net.forward(rounded ?? x.firstHalf)
    let (z, logDet) = x.coupled(by: h)
    return (z, logDet, (z, h, kept, rounded))
  }

  public func transformByPosition(_ x: Tensor) -> (z: Tensor, logDet: [Double]) {
    let net = net.forward(net.rounded(x.firstHalf) ?? x.firstHalf)
    return x.coupledByPosition(by: net.h)
  }

  public func inverse(_ z: Tensor) -> Tensor { z.uncoupled(by: net.forward(z.firstHalf).h) }

  public func forward(_ x: DoubleTensor) -> DoubleTensor {
    let first = x.firstHalf
    return first.beside(x.secondHalf.coupled(by: net.parameters(of: first)))
  }

  public func inverse(_ z: DoubleTensor) -> DoubleTensor {
    let first = z.firstHalf
    return first.beside(z.secondHalf.uncoupled(by: net.parameters(of: first)))
  }

  public func restore(_ z: Tensor, _ trace: Tensor?) -> (x: Tensor, saved: Saved) {
    let (h, kept) = net.forward(trace ?? z.firstHalf)
    return (z.uncoupled(by: h), (z, h, kept, trace))
  }

  public func trace(_ saved: Saved) -> Tensor? { saved.rounded }

  public func backward(_ saved: Saved, _ dz: Tensor, _ dLogDet: [Float]) -> Tensor {
    let (dx, dh) = saved.z.coupledBackward(by: saved.h, dz, dLogDet)
    return dx.adding(net.backward(saved.rounded ?? saved.z.firstHalf, saved.net, dh))
  }

  public func initialize(from x: Tensor) -> Tensor {
    net.initialize(from: x.firstHalf.parts())
    return x.mappingParts { Self(net: net.forExamples($1)).forward($0).z }
  }

  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    net.visitParameters(path, body)
  }
}

extension Tensor {
  /// The first half of the channels, as a view.
  package var firstHalf: Tensor { channels(0..<channels / 2) }
  /// The second half of the channels, as a view.
  package var secondHalf: Tensor { channels(channels / 2..<channels) }
}
