import Tensors

/// A net of gated dense layers, and a plain one behind them where outputs are asked for:
///
///     h ← a · sigmoid(b),  (a, b) = W h + b
///
/// x: [N, I]; h: [N, O]. Dauphin et al. (2017), section 2.
public struct GatedMLP {
  private let layers: [Dense]
  private let last: Dense?
  /// Columns of h.
  public let outputs: Int

  /// A fresh net with these hidden layers; `bias` is the outputs' at first, nil for none but the
  /// hidden units.
  public init(inputs: Int, hidden: [Int], bias: [Float]? = nil, seed: UInt64, index: Int) {
    func random(_ i: Int) -> RandomStream { RandomStream(seed: seed, .parameters, index + i) }
    layers = zip([inputs] + hidden, hidden).enumerated().map { i, size in
      Dense(
        size.0, 2 * size.1, deviation: Parameter.deviationBeforeGate, random: random(i))
    }
    let features = hidden.last ?? inputs
    last = bias.map {
      Dense(
        features, $0.count, bias: Parameter(Tensor($0, shape: [$0.count])),
        random: random(hidden.count))
    }
    outputs = bias?.count ?? features
  }

  /// h.
  public func callAsFunction(_ x: Variable) -> Variable {
    let h = layers.reduce(x) { $1($0).gated() }
    return last.map { $0(h) } ?? h
  }

  /// Calls `body` with each parameter.
  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    for (i, layer) in layers.enumerated() { layer.visitParameters("\(path).layer\(i + 1)", body) }
    last?.visitParameters(path + ".last", body)
  }
}
