import CKernels

/// Diagonal Gaussians whose parameters h hold mean and log scale in turn, [N, H, W, 2C]; or
/// [N, 1, 1, 2C], shared by the positions of an example.
public struct GaussianDensity {
  /// The interleaved means and log scales.
  public let h: Tensor

  /// The density with these parameters.
  public init(_ h: Tensor) {
    precondition(h.isContiguous && h.channels % 2 == 0)
    self.h = h
  }

  private var isShared: Bool { h.positions == 1 }

  /// Σ log N(z; mean, exp(logScale)) per example, in nats.
  public func logDensity(_ z: Tensor) -> [Double] {
    z.perExample { begin, end in
      let (row, stride) = parameters(z, begin)
      return glow_gaussian(
        z.pointer + begin * z.stride, z.stride, row, stride, z.channels, 0, end - begin)
    }
  }

  /// log N(z; mean, exp(logScale)) of each position, N·H·W of them, in nats.
  public func logDensityByPosition(_ z: Tensor) -> [Double] {
    z.perPosition { r in
      let (row, stride) = parameters(z, r)
      return glow_gaussian(z.pointer + r * z.stride, z.stride, row, stride, z.channels, 0, 1)
    }
  }

  /// (z − mean) / exp(logScale), which is N(0, 1) where z is of this density.
  public func standardized(_ z: Tensor) -> Tensor {
    let u = Tensor(uninitialized: z.shape)
    _ = z.perExample { begin, end in
      let (row, stride) = parameters(z, begin)
      glow_gaussian_standardize(
        u.pointer + begin * z.channels, z.pointer + begin * z.stride, z.stride, row, stride,
        z.channels, 0, end - begin)
      return 0
    }
    return u
  }

  /// The gradients d · ∂logDensity/∂z and d · ∂logDensity/∂h, with one d per example.
  public func backward(_ z: Tensor, _ d: [Float]) -> (dz: Tensor, dh: Tensor) {
    let dz = Tensor(uninitialized: z.shape)
    let dh = Tensor(repeating: 0, shape: h.shape)
    _ = z.perExample { begin, end in
      let (row, stride) = parameters(z, begin)
      glow_gaussian_backward(
        dz.pointer + begin * z.channels, dh.pointer + (row - h.pointer),
        z.pointer + begin * z.stride, z.stride, row, stride, d[begin / z.positions], z.channels,
        0, end - begin)
      return 0
    }
    return (dz, dh)
  }

  /// mean + temperature · exp(logScale) · noise, of the noise's shape.
  public func sample(_ noise: Tensor, temperature: Float) -> Tensor {
    let z = Tensor(uninitialized: noise.shape)
    _ = noise.perExample { begin, end in
      let (row, stride) = parameters(noise, begin)
      glow_gaussian_sample(
        z.pointer + begin * z.channels, noise.pointer + begin * z.channels, row, stride,
        temperature, z.channels, 0, end - begin)
      return 0
    }
    return z
  }

  /// Where the parameters of row `row` of z begin, and how far apart those of its example lie.
  private func parameters(_ z: Tensor, _ row: Int) -> (UnsafeMutablePointer<Float>, Int) {
    precondition(h.channels == 2 * z.channels && h.examples == z.examples)
    let first = isShared ? row / z.positions : row
    return (h.pointer + first * h.channels, isShared && z.positions > 1 ? 0 : h.channels)
  }
}
