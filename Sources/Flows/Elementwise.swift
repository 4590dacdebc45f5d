import Tensors

/// A learned function of each column by itself.
///
///     z_i = f(x_i; h_i)          log|det J| = Σ log|∂f/∂x_i|
///
/// x, z: [N, D]; h: [1, D·P], the transformer's parameters of a column together.
public struct Elementwise: TapedFlow {
  /// The function f of one column.
  public let transformer: Transformer
  /// Its parameters, [1, D·P].
  public let h: Variable

  /// The identity to begin with, but for mixtures.
  public init(columns: Int, transformer: Transformer) {
    let shape = [1, columns * transformer.parameters]
    let h = Parameter(shape: shape) {
      Tensor((0..<columns).flatMap { _ in transformer.initial }, shape: shape)
    }
    self.init(transformer: transformer, h: Variable(h))
  }

  /// A flow of this.
  public init(transformer: Transformer, h: Variable) {
    (self.transformer, self.h) = (transformer, h)
  }

  public var coefficients: [(name: String, variable: Variable)] { [("h", h)] }

  private func parameters(_ rows: Int) -> Variable { h.rows == rows ? h : h.repeated(rows) }

  public func forward(_ x: Variable) -> (z: Variable, logDet: Variable) {
    transformer.forward(x, parameters(x.rows))
  }

  public func inverse(_ z: Tensor) -> Tensor {
    transformer.inverse(z, parameters(z.rows).value)
  }
}
