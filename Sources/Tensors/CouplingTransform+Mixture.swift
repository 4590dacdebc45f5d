import CKernels

/// As the affine transformation of couplings, by the CDF of a mixture of K logistics:
///
///     z1 = x1, z2 = logit(F(x2)) · exp(tanh a) + b,  F(x) = Σ πₖ · sigmoid((x − μₖ) / exp(sₖ))
///
/// self: [N, H, W, C]; h: [N, H, W, C/2 · (3K + 2)]: the logits of π, μ, s, then a and b of the
/// first channel, and so of the others. See `Transformer.logisticMixture`. Ho et al. (2019), section
/// 3.2.
extension Tensor {
  /// z, and log f′ summed over the channels of each position, [N·H·W] as a column.
  private func mixed(by h: Tensor, components: Int) -> (z: Tensor, logDet: Tensor) {
    check(h, components)
    let (z, logDet) = (Tensor(uninitialized: shape), Tensor(uninitialized: [rows, 1]))
    let half = channels / 2
    z.copyRows(of: self.channels(0..<half), at: 0, adding: false)
    forEachRange(components) {
      glow_logistic_mixture(
        z.pointer + half, z.stride, logDet.pointer, pointer + half, stride, h.pointer, h.stride,
        half, components, $0, $1)
    }
    return (z, logDet)
  }

  /// z, and Σ log f′ of each example.
  public func mixed(by h: Tensor, components: Int) -> (z: Tensor, logDet: [Double]) {
    let (z, logDet): (Tensor, Tensor) = mixed(by: h, components: components)
    return (
      z, perExample { (begin, end) in (begin..<end).reduce(0) { $0 + Double(logDet.pointer[$1]) } }
    )
  }

  /// z, and Σ log f′ of each position, N·H·W of them.
  public func mixedByPosition(by h: Tensor, components: Int) -> (z: Tensor, logDet: [Double]) {
    let (z, logDet): (Tensor, Tensor) = mixed(by: h, components: components)
    return (z, logDet.elements.map(Double.init))
  }

  /// The inverse of `mixed`; called on z.
  public func unmixed(by h: Tensor, components: Int) -> Tensor {
    check(h, components)
    let (x, half) = (Tensor(uninitialized: shape), channels / 2)
    x.copyRows(of: channels(0..<half), at: 0, adding: false)
    forEachRange(components) {
      glow_logistic_mixture_inverse(
        x.pointer + half, x.stride, pointer + half, stride, h.pointer, h.stride, half, components,
        $0, $1)
    }
    return x
  }

  /// dx and dh from dz and the gradient of the log-det; called on x.
  public func mixedBackward(by h: Tensor, components: Int, _ dz: Tensor, _ dLogDet: [Float])
    -> (dx: Tensor, dh: Tensor)
  {
    check(h, components)
    precondition(dz.shape == shape && dLogDet.count == examples)
    let (dx, dh) = (Tensor(uninitialized: shape), Tensor(uninitialized: h.shape))
    let half = channels / 2
    let dLogDets = Tensor(uninitialized: [rows, 1])
    for n in 0..<examples {
      (dLogDets.pointer + n * positions).update(repeating: dLogDet[n], count: positions)
    }
    dx.copyRows(of: dz.channels(0..<half), at: 0, adding: false)
    forEachRange(components) {
      glow_logistic_mixture_backward(
        dx.pointer + half, dx.stride, dh.pointer, dz.pointer + half, dz.stride, dLogDets.pointer,
        pointer + half, stride, h.pointer, h.stride, half, components, $0, $1)
    }
    return (dx, dh)
  }

  private func check(_ h: Tensor, _ components: Int) {
    precondition(
      h.rows == rows && h.channels == channels / 2 * (3 * components + 2), "\(shape) by \(h.shape)")
  }

  private func forEachRange(_ components: Int, _ body: (Int, Int) -> Void) {
    Profile.measure("couplings and densities") {
      ThreadPool.forEach(rows, grain: max(1, 1024 / (components * channels))) {
        body($0.lowerBound, $0.upperBound)
      }
    }
  }
}
