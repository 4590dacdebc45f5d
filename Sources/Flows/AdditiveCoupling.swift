import Tensors

/// Additive coupling: one half of the channels stays and says how the other is shifted.
///
///     z1 = x1, z2 = x2 + net(x1)          log|det J| = 0
///
/// x, z: [N, H, W, C], C even. Dinh, Krueger & Bengio (2015), section 3.2.
public struct AdditiveCoupling<Net: CouplingNet>: DoubleFlow {
  /// The output, what the net keeps, and its input where it was rounded.
  public typealias Saved = (z: Tensor, net: Net.Saved, rounded: Tensor?)

  let net: Net

  /// A coupling by `net`, whose output has half the channels of the coupling's input.
  public init(net: Net) { self.net = net }

  public func given(_ condition: RowsBetween) -> Self { Self(net: net.given(condition)) }

  public func forward(_ x: Tensor) -> (z: Tensor, logDet: [Double], saved: Saved) {
    let rounded = net.rounded(x.firstHalf)
    let (h, kept) = net.forward(rounded ?? x.firstHalf)
    let z = x.shifted(by: h, sign: 1)
    return (z, Array(repeating: 0, count: x.examples), (z, kept, rounded))
  }

  public func inverse(_ z: Tensor) -> Tensor { restore(z, nil).x }

  public func forward(_ x: DoubleTensor) -> DoubleTensor { shifting(x, sign: 1) }
  public func inverse(_ z: DoubleTensor) -> DoubleTensor { shifting(z, sign: -1) }

  private func shifting(_ x: DoubleTensor, sign: Double) -> DoubleTensor {
    let first = x.firstHalf
    return first.beside(x.secondHalf.shifted(by: net.parameters(of: first), sign: sign))
  }

  public func restore(_ z: Tensor, _ trace: Tensor?) -> (x: Tensor, saved: Saved) {
    let (h, kept) = net.forward(trace ?? z.firstHalf)
    return (z.shifted(by: h, sign: -1), (z, kept, trace))
  }

  public func trace(_ saved: Saved) -> Tensor? { saved.rounded }

  public func backward(_ saved: Saved, _ dz: Tensor, _ dLogDet: [Float]) -> Tensor {
    dz.adding(
      net.backward(saved.rounded ?? saved.z.firstHalf, saved.net, dz.secondHalf.contiguous()))
  }

  public func initialize(from x: Tensor) -> Tensor {
    net.initialize(from: x.firstHalf.parts())
    return x.mappingParts { Self(net: net.forExamples($1)).forward($0).z }
  }

  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    net.visitParameters(path, body)
  }
}
