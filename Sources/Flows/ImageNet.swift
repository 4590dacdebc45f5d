import Tensors

/// The net of an image coupling:
///
///     conv 3×3 → actnorm → ReLU → conv 1×1 → actnorm → ReLU → zero conv 3×3, or 1×1
///
/// x: [N, H, W, I], and behind its channels those of a condition, then where there is a border a
/// channel of ones, which the first convolution's zeros end; hidden: [N, H, W, F]; h: [N, H, W, O].
/// Kingma & Dhariwal (2018), section 5; the border is much as `edge_bias` of their program.
public struct ImageNet: CouplingNet {
  let stack: ConvolutionStack
  private let toldChannels: Int
  private let hasBorder: Bool
  private var given: RowsBetween?

  /// A fresh net with `width` hidden channels, told so many numbers beside its input; its output
  /// starts at `bias`, zero where nil. The last convolution is 3×3 unless given. With a border it
  /// sees where the image ends, which a 1×1 convolution at the end would else never let it.
  public init(
    inputs: Int, width: Int, outputs: Int, lastKernel: Int = 3, condition channels: Int = 0,
    border: Bool = false, bias: [Float]? = nil, precision: SharedPrecision = SharedPrecision(),
    seed: UInt64, index: Int
  ) {
    (toldChannels, hasBorder) = (channels, border)
    stack = ConvolutionStack(
      first: .normalized(
        inputs + channels + (border ? 1 : 0), width, kernel: 3,
        random: RandomStream(seed: seed, .parameters, index),
        precision: precision),
      middle: .normalized(
        width, width, kernel: 1, random: RandomStream(seed: seed, .parameters, index + 1),
        precision: precision),
      last: .zero(
        width, outputs, kernel: (lastKernel, lastKernel), bias: bias, patchesOutput: true,
        precision: precision))
  }

  public var precision: Precision { stack.first.precision }

  public func given(_ condition: RowsBetween) -> ImageNet {
    var net = self
    net.given = condition
    return net
  }

  public func forExamples(_ range: Range<Int>) -> ImageNet {
    given.map { given($0.examples(range)) } ?? self
  }

  /// What the first convolution takes.
  private func input(_ x: Tensor) -> Tensor {
    var input = x
    if toldChannels > 0 {
      guard let given else { preconditionFailure("a net with a condition is given one") }
      input = given.beside(x)
    }
    return hasBorder ? input.besideOnes() : input
  }

  public func forward(_ x: Tensor) -> (h: Tensor, saved: (h1: Tensor, h2: Tensor)) {
    let (h, h1, h2) = stack.forward(input(x))
    return (h, (h1, h2))
  }

  public func backward(_ x: Tensor, _ saved: (h1: Tensor, h2: Tensor), _ dh: Tensor) -> Tensor {
    let dx = stack.backward(input(x), saved.h1, saved.h2, consuming: dh)
    return dx.channels == x.channels ? dx : dx.channels(0..<x.channels)
  }

  public func initialize(from parts: [Tensor]) {
    var first = 0
    let inputs = parts.map { part in
      defer { first += part.examples }
      return forExamples(first..<first + part.examples).input(part)
    }
    stack.first.normalize(over: inputs)
    stack.middle.normalize(over: inputs) { stack.first.forward($0) }
  }

  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    stack.first.visitParameters(path + ".conv1", body)
    stack.middle.visitParameters(path + ".conv2", body)
    stack.last.visitParameters(path + ".conv3", body)
  }
}
