import Tensors

/// Mixture coupling: one half of the channels stays and says by which mixture of K logistics the
/// other is flattened.
///
///     z1 = x1, z2 = logit(F(x2)) · exp(tanh a) + b
///     F(x) = Σ πₖ · sigmoid((x − μₖ) / exp(sₖ)),  (logits of π, μ, s, a, b) = net(x1)
///     log|det J| = Σ log F′ − log F − log(1 − F) + tanh a
///
/// x, z: [N, H, W, C], C even; the inverse is found by Newton's steps between two bounds. Ho et al.
/// (2019), section 3.2.
public struct MixtureCoupling<Net: CouplingNet>: DoubleFlow {
  /// The input, what the net made of its first half, what the net keeps, and the net's input where
  /// it was rounded.
  public typealias Saved = (x: Tensor, h: Tensor, net: Net.Saved, rounded: Tensor?)

  let components: Int
  let net: Net

  /// A coupling by `net`, whose output has 3K + 2 numbers for each channel of the second half.
  public init(components: Int, net: Net) { (self.components, self.net) = (components, net) }

  public func given(_ condition: RowsBetween) -> Self {
    Self(components: components, net: net.given(condition))
  }

  public func forward(_ x: Tensor) -> (z: Tensor, logDet: [Double], saved: Saved) {
    let rounded = net.rounded(x.firstHalf)
    let (h, kept) = net.forward(rounded ?? x.firstHalf)
    let (z, logDet) = x.mixed(by: h, components: components)
    return (z, logDet, (x, h, kept, rounded))
  }

  public func transformByPosition(_ x: Tensor) -> (z: Tensor, logDet: [Double]) {
    let net = net.forward(net.rounded(x.firstHalf) ?? x.firstHalf)
    return x.mixedByPosition(by: net.h, components: components)
  }

  public func inverse(_ z: Tensor) -> Tensor { restore(z, nil).x }

  public func forward(_ x: DoubleTensor) -> DoubleTensor {
    let first = x.firstHalf
    let h = net.parameters(of: first)
    return first.beside(x.secondHalf.mixed(by: h, components: components))
  }

  /// Sought from what it is in float32.
  public func inverse(_ z: DoubleTensor) -> DoubleTensor {
    let first = z.firstHalf
    let h = net.parameters(of: first)
    let near = DoubleTensor(z.rounded.unmixed(by: h, components: components).secondHalf)
    return first.beside(z.secondHalf.unmixed(by: h, components: components, from: near))
  }

  public func restore(_ z: Tensor, _ trace: Tensor?) -> (x: Tensor, saved: Saved) {
    let (h, kept) = net.forward(trace ?? z.firstHalf)
    let x = z.unmixed(by: h, components: components)
    return (x, (x, h, kept, trace))
  }

  public func trace(_ saved: Saved) -> Tensor? { saved.rounded }

  public func backward(_ saved: Saved, _ dz: Tensor, _ dLogDet: [Float]) -> Tensor {
    let (dx, dh) = saved.x.mixedBackward(by: saved.h, components: components, dz, dLogDet)
    return dx.adding(net.backward(saved.rounded ?? saved.x.firstHalf, saved.net, dh))
  }

  public func initialize(from x: Tensor) -> Tensor {
    net.initialize(from: x.firstHalf.parts())
    return x.mappingParts {
      Self(components: components, net: net.forExamples($1)).forward($0).z
    }
  }

  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    net.visitParameters(path, body)
  }
}
