import Tensors

/// The net of an image coupling:
///
///     conv 3×3 → actnorm → ReLU → conv 1×1 → actnorm → ReLU → zero conv 3×3
///
/// x: [N, H, W, I]; hidden: [N, H, W, F]; h: [N, H, W, O]. Kingma & Dhariwal (2018), section 5.
public struct ImageNet: CouplingNet {
  let conv1, conv2, conv3: Convolution

  /// A fresh net with `width` hidden channels; its output starts at zero.
  public init(
    inputs: Int, width: Int, outputs: Int, precision: SharedPrecision = SharedPrecision(),
    seed: UInt64, index: Int
  ) {
    conv1 = .normalized(
      inputs, width, kernel: 3, random: RandomStream(seed: seed, .parameters, index),
      precision: precision)
    conv2 = .normalized(
      width, width, kernel: 1, random: RandomStream(seed: seed, .parameters, index + 1),
      precision: precision)
    conv3 = .zero(width, outputs, kernel: (3, 3), precision: precision)
  }

  public var precision: Precision { conv1.precision }

  public func forward(_ x: Tensor) -> (h: Tensor, saved: (h1: Tensor, h2: Tensor)) {
    let h1 = conv1.forward(x)
    let h2 = conv2.forward(h1)
    return (conv3.forward(h2), (h1, h2))
  }

  public func backward(_ x: Tensor, _ saved: (h1: Tensor, h2: Tensor), _ dh: Tensor) -> Tensor {
    let dh2 = conv3.backward(saved.h2, dh, consuming: dh)
    let dh1 = conv2.backward(saved.h1, saved.h2, consuming: dh2)
    return conv1.backward(x, saved.h1, consuming: dh1)
  }

  public func initialize(from parts: [Tensor]) {
    conv1.normalize(over: parts)
    conv2.normalize(over: parts) { conv1.forward($0) }
  }

  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    conv1.visitParameters(path + ".conv1", body)
    conv2.visitParameters(path + ".conv2", body)
    conv3.visitParameters(path + ".conv3", body)
  }
}
