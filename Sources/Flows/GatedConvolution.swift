import Tensors

/// A 3×3 convolution to twice the channels, and a gate:
///
///     y = a · sigmoid(b),  (a, b) = conv(x)
///
/// x: [N, H, W, I]; y: [N, H, W, O]. Dauphin et al. (2017), section 2; van den Berg et al. (2018),
/// appendix A.
struct GatedConvolution {
  private let convolution: Convolution

  init(_ inputs: Int, _ outputs: Int, _ precision: SharedPrecision, random: RandomStream) {
    let weight = Parameter.fresh(
      [2 * outputs, inputs, 3, 3], fanIn: 9 * inputs, deviation: Parameter.deviationBeforeGate,
      random)
    convolution = Convolution(weight: weight, logScale: false, precision: precision)
  }

  func callAsFunction(_ x: Variable) -> Variable { x.convolved(by: convolution).gated() }

  func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    convolution.visitParameters(path, body)
  }
}
