import Tensors

/// A fully connected layer.
///
///     h = W x + b
///
/// x: [N, I]; h: [N, O]; W: [O, I]; b: [O].
public struct Dense {
  /// W, [O, I], and b, [O].
  public let weight, bias: Parameter

  /// Fresh weights, uniform with this deviation over √I, and the bias zero unless given.
  public init(
    _ inputs: Int, _ outputs: Int, deviation: Float = 1, bias: Parameter? = nil,
    random: RandomStream
  ) {
    weight = .fresh([outputs, inputs], fanIn: inputs, deviation: deviation, random)
    self.bias = bias ?? Parameter(zeros: [outputs])
  }

  /// h.
  public func callAsFunction(_ x: Variable) -> Variable {
    .product(x, Variable(weight), transposingB: true) + Variable(bias)
  }

  /// Calls `body` with weight and bias.
  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    body(path + ".weight", weight)
    body(path + ".bias", bias)
  }
}

extension Parameter {
  /// Fresh weights, uniform with this deviation over √fanIn.
  static func fresh(_ shape: [Int], fanIn: Int, deviation: Float, _ random: RandomStream)
    -> Parameter
  {
    if deviation == 0 { return Parameter(zeros: shape) }
    let bound = deviation * (3 / Float(fanIn)).squareRoot()
    return Parameter(shape: shape) {
      Tensor(random.uniform(shape).elements.map { bound * (2 * $0 - 1) }, shape: shape)
    }
  }

  /// The deviation of fresh weights before a gate: a unit a·sigmoid(b) then varies as its inputs
  /// do.
  static let deviationBeforeGate: Float = 1.75
}
