import Tensors

/// The net of a conditioner: fully connected, each output seeing inputs of a lower degree alone.
///
/// x: [N, inputs]; h: [N, outputs]. The degree of column i is i, from 1; of context 0; of hidden
/// unit j 1 + j mod (D−1), or j mod D where there is context. A hidden unit sees degrees up to its
/// own, an output of degree i those below i. Germain et al. (2015), section 4; Papamakarios et al.
/// (2017).
public struct MaskedNet {
  let stack: MaskedStack

  /// For `columns` after `context` others: outputs h of column i depend on the columns before it.
  public static func autoregressive(
    columns d: Int, context: Int, outputsPerColumn: Int, hidden: [Int],
    activation: DenseStack.Activation, initial: [Float], random: RandomStream
  ) -> MaskedNet {
    let unit = { (j: Int) in context > 0 ? j % d : 1 + j % max(1, d - 1) }
    let degrees =
      [Array(repeating: 0, count: context) + Array(1...d)]
      + hidden.map { (0..<$0).map(unit) } + [
        (0..<d * outputsPerColumn).map { 1 + $0 / outputsPerColumn }
      ]
    return MaskedNet(degrees, activation, initial: initial, random)
  }

  /// Without masks: every output sees every input.
  public static func full(
    inputs: Int, outputs: Int, hidden: [Int], activation: DenseStack.Activation, initial: [Float],
    random: RandomStream
  ) -> MaskedNet {
    let sizes = [inputs] + hidden
    let degrees =
      sizes.map { Array(repeating: 0, count: $0) } + [Array(repeating: 1, count: outputs)]
    return MaskedNet(degrees, activation, initial: initial, random)
  }

  /// Weights and biases uniform in ±√(1/fan-in); of the last layer zero, and `initial` over and
  /// over.
  private init(
    _ degrees: [[Int]], _ activation: DenseStack.Activation, initial: [Float],
    _ random: RandomStream
  ) {
    let last = degrees.count - 2
    var weights: [Parameter] = []
    var biases: [Parameter] = []
    for layer in 0...last {
      let (inputs, outputs) = (degrees[layer].count, degrees[layer + 1].count)
      if layer == last {
        weights.append(Parameter(zeros: [outputs, inputs]))
        biases.append(
          Parameter(shape: [outputs]) {
            Tensor((0..<outputs).map { initial[$0 % initial.count] }, shape: [outputs])
          })
      } else {
        let start = layer << 28
        weights.append(.uniform([outputs, inputs], fanIn: inputs, random, from: start))
        biases.append(.uniform([outputs], fanIn: inputs, random, from: start + 1 << 27))
      }
    }
    stack = MaskedStack(weights: weights, biases: biases, degrees: degrees, activation: activation)
  }

  /// h.
  public func callAsFunction(_ x: Variable) -> Variable { stack.forward(x) }

  /// Calls `body` with each parameter: `layer1.weight`, `layer1.bias`, `layer2.weight` …
  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    for (i, (weight, bias)) in zip(stack.weights, stack.biases).enumerated() {
      body("\(path).layer\(i + 1).weight", weight)
      body("\(path).layer\(i + 1).bias", bias)
    }
  }
}
