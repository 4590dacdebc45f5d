import Tensors

/// Autoregressive flow: each column goes through a function of its own, whose parameters a masked
/// net makes of the columns before it.
///
///     z_i = f(x_i; h_i(x_1 … x_{i−1}))          log|det J| = Σ log|∂f/∂x_i|
///
/// x, z: [N, context + D]; the first `context` columns stay and are seen by all others. With an
/// affine transformer MAF (Papamakarios et al. 2017), with a spline the autoregressive NSF (Durkan
/// et al. 2019), with logistic mixtures the transformation of Flow++ (Ho et al. 2019).
public struct Autoregressive: TapedFlow {
  /// The function f of one column.
  public let transformer: Transformer
  /// What makes f's parameters h.
  public let net: MaskedNet
  private let columns, context: Int

  /// The identity to begin with, but for mixtures.
  public init(
    columns: Int, context: Int = 0, transformer: Transformer, hidden: [Int],
    activation: DenseStack.Activation = .relu, random: RandomStream
  ) {
    (self.columns, self.context, self.transformer) = (columns, context, transformer)
    net = .autoregressive(
      columns: columns, context: context, outputsPerColumn: transformer.parameters,
      hidden: hidden, activation: activation, initial: transformer.initial, random: random)
  }

  public func forward(_ x: Variable) -> (z: Variable, logDet: Variable) {
    guard context > 0 else { return transformer.forward(x, net(x)) }
    let own = x.columns(context..<context + columns)
    let (z, logDet) = transformer.forward(own, net(x))
    return (.concatenated([x.columns(0..<context), z]), logDet)
  }

  /// Column after column, each net's unit computed once: exact, for about the price of one pass.
  public func inverse(_ z: Tensor) -> Tensor {
    net.stack.solve(z) { degree, h, rows, x in
      let column = context + degree - 1
      transformer.invert(z.matrix(rows, column..<column + 1), h, into: x)
    }
  }

  /// J is triangular, its diagonal the slopes of the columns' own functions.
  public func solveTransposed(_ saved: Recording, _ target: Tensor) -> Tensor {
    let own = Variable(saved.x.value.channels(context..<context + columns), isTracked: true)
    let h = Variable.withoutRecording { net(Variable(saved.x.value)) }
    let ones = { (count: Int) in Tensor(repeating: 1, shape: [target.rows, count]) }
    let z = transformer.forward(own, h).z
    let slopes = z.gradients(ones(columns), of: [own])[0] ?? ones(columns)
    return solveTriangular(
      saved, target, diagonal: context == 0 ? slopes : .concatenated([ones(context), slopes]))
  }

  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    net.visitParameters(path, body)
  }
}
