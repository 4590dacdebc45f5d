import Tensors

/// Coupling of columns: the first half stays and parametrises a function of the second.
///
///     z₁ = x₁, z₂ = f(x₂; net(x₁))          log|det J| = Σ log|∂f/∂x₂|
///
/// x, z: [N, context + D], D ≥ 2; the context stays and is seen as well. With an additive
/// transformer NICE (Dinh et al. 2015), with an affine one RealNVP (Dinh et al. 2017), with a
/// spline the coupling NSF (Durkan et al. 2019). A permutation between two couplings lets the
/// halves change places.
public struct Coupling: TapedFlow {
  /// The function f of one column.
  public let transformer: Transformer
  /// What makes f's parameters h.
  public let net: MaskedNet
  private let kept: Int

  /// The identity to begin with, but for mixtures.
  public init(
    columns: Int, context: Int = 0, transformer: Transformer, hidden: [Int],
    activation: DenseStack.Activation = .relu, random: RandomStream
  ) {
    precondition(columns >= 2, "a coupling needs two columns")
    self.transformer = transformer
    kept = context + (columns + 1) / 2
    net = .full(
      inputs: kept, outputs: columns / 2 * transformer.parameters, hidden: hidden,
      activation: activation, initial: transformer.initial, random: random)
  }

  public func forward(_ x: Variable) -> (z: Variable, logDet: Variable) {
    let (first, second) = (x.columns(0..<kept), x.columns(kept..<x.columns))
    let (z, logDet) = transformer.forward(second, net(first))
    return (.concatenated([first, z]), logDet)
  }

  public func inverse(_ z: Tensor) -> Tensor {
    let first = z.channels(0..<kept)
    let h = net(Variable(first)).value
    return .concatenated([first, transformer.inverse(z.channels(kept..<z.channels), h)])
  }

  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    net.visitParameters(path, body)
  }
}
