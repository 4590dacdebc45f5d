import Tensors

/// The end of a level: half of the channels become its latent, with a density learned from the
/// rest.
///
///     x1 goes on, z = x2 ~ N(mean, exp(logScale)),  (mean, logScale) = zero_conv(x1), interleaved
///
/// x: [N, H, W, C]; x1, z: [N, H, W, C/2]. Dinh et al. (2017), section 3.6; Kingma & Dhariwal
/// (2018), section 3.
public struct Split {
  let conv: Convolution

  /// A split of this many channels; `kernel` is the convolution's height and width.
  public init(channels: Int, kernel: (height: Int, width: Int)) {
    conv = .zero(channels / 2, channels, kernel: kernel)
  }

  /// The halves, and log N(z | x1) per example in nats.
  public func forward(_ x: Tensor) -> (x1: Tensor, z: Tensor, logDensity: [Double]) {
    let (x1, z) = (x.firstHalf, x.secondHalf)
    return (x1, z, density(given: x1).logDensity(z))
  }

  /// The density of z, [N, H, W, C/2], given what goes on.
  public func density(given x1: Tensor) -> GaussianDensity { GaussianDensity(conv.forward(x1)) }

  /// x, from its halves.
  public func inverse(_ x1: Tensor, _ z: Tensor) -> Tensor { .concatenated([x1, z]) }

  /// A fresh z for x1: noise is N(0, 1), of x1's shape.
  public func sample(_ x1: Tensor, noise: Tensor, temperature: Float) -> Tensor {
    density(given: x1).sample(noise, temperature: temperature)
  }

  /// dx, given the halves, dx1 and the gradient of the log-density.
  public func backward(_ x1: Tensor, _ z: Tensor, _ dx1: Tensor, _ dLogDensity: [Float])
    -> Tensor
  {
    let h = conv.forward(x1)
    let (dz, dh) = GaussianDensity(h).backward(z, dLogDensity)
    return .concatenated([dx1.adding(conv.backward(x1, h, consuming: dh)), dz])
  }

  /// Calls `body` with each parameter and its name, which begins with `path`.
  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    conv.visitParameters(path, body)
  }
}
