import Tensors

/// The net of an image coupling:
///
///     conv 3×3 → actnorm → ReLU → conv 1×1 → actnorm → ReLU → zero conv 3×3, or 1×1
///
/// x: [N, H, W, I]; hidden: [N, H, W, F]; h: [N, H, W, O]. Kingma & Dhariwal (2018), section 5.
public struct ImageNet: CouplingNet {
  let stack: ConvolutionStack

  /// A fresh net with `width` hidden channels; its output starts at `bias`, zero where nil. The last
  /// convolution is 3×3 unless given.
  public init(
    inputs: Int, width: Int, outputs: Int, lastKernel: Int = 3, bias: [Float]? = nil,
    precision: SharedPrecision = SharedPrecision(),
    seed: UInt64, index: Int
  ) {
    stack = ConvolutionStack(
      first: .normalized(
        inputs, width, kernel: 3, random: RandomStream(seed: seed, .parameters, index),
        precision: precision),
      middle: .normalized(
        width, width, kernel: 1, random: RandomStream(seed: seed, .parameters, index + 1),
        precision: precision),
      last: .zero(
        width, outputs, kernel: (lastKernel, lastKernel), bias: bias, patchesOutput: true,
        precision: precision))
  }

  public var precision: Precision { stack.first.precision }

  public func forward(_ x: Tensor) -> (h: Tensor, saved: (h1: Tensor, h2: Tensor)) {
    let (h, h1, h2) = stack.forward(x)
    return (h, (h1, h2))
  }

  public func backward(_ x: Tensor, _ saved: (h1: Tensor, h2: Tensor), _ dh: Tensor) -> Tensor {
    stack.backward(x, saved.h1, saved.h2, consuming: dh)
  }

  public func initialize(from parts: [Tensor]) {
    stack.first.normalize(over: parts)
    stack.middle.normalize(over: parts) { stack.first.forward($0) }
  }

  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    stack.first.visitParameters(path + ".conv1", body)
    stack.middle.visitParameters(path + ".conv2", body)
    stack.last.visitParameters(path + ".conv3", body)
  }
}
