import CKernels

/// Invertible functions of one variable with parameters h for every element, each fused into one
/// pass over memory: x, z: [N, D]; h: [N, D·P], the parameters of a column together; the log of the
/// derivative is summed over a row, [N, 1], in nats.
public enum Transformer: Equatable, Sendable {
  /// P = 1: z = x − h.
  case additive
  /// P = 2, shift and h: a = 3 tanh(h/3), z = (x − shift)·exp(−a).
  case affine
  /// P = 3·bins − 1, widths, heights and inner slopes: a monotone rational-quadratic spline on
  /// [−bound, bound], the identity outside.
  case spline(bins: Int, bound: Float)
  /// P = 3K + 2: weights, means, log scales, log a, b: z = logit(F(x))·exp(tanh log a) + b.
  case logisticMixture(components: Int)
  /// P = 3K: weights, means, log scales: z = Σ π Φ((x − μ)/σ), onto (0, 1).
  case gaussianMixture(components: Int)

  /// Parameters of a column, P.
  public var parameters: Int {
    switch self {
    case .additive: 1
    case .affine: 2
    case .spline(let bins, _): 3 * bins - 1
    case .logisticMixture(let k): 3 * k + 2
    case .gaussianMixture(let k): 3 * k
    }
  }

  /// Parameters to begin with: the identity, or the components of a mixture apart from each other.
  public var initial: [Float] {
    switch self {
    case .additive, .affine, .spline: Array(repeating: 0, count: parameters)
    case .logisticMixture(let k): Self.apart(k, reach: 1.5, logScale: -0.5) + [0, 0]
    case .gaussianMixture(let k): Self.apart(k, reach: 1.5, logScale: 0)
    }
  }

  /// As `initial`, but near the identity, for what many such functions stand behind.
  public var initialNearIdentity: [Float] {
    guard case .logisticMixture(let k) = self else { return initial }
    return Self.apart(k, reach: 0.7, logScale: -0.2) + [0, 0]
  }

  /// Components of equal weight, their means from −reach to reach.
  private static func apart(_ k: Int, reach: Float, logScale: Float) -> [Float] {
    Array(repeating: 0, count: k)
      + (0..<k).map { k == 1 ? 0 : reach * (2 * Float($0) / Float(k - 1) - 1) }
      + Array(repeating: logScale, count: k)
  }

  /// z and the log-det.
  func forward(_ x: Tensor, _ h: Tensor) -> (z: Tensor, logDet: Tensor) {
    check(x, h)
    let (z, logDet) = (Tensor(uninitialized: x.shape), Tensor(uninitialized: [x.rows, 1]))
    forEach(x) { first, last in
      let (z, l) = (z.pointer, logDet.pointer)
      let (p, s, q, t, c) = (x.pointer, x.stride, h.pointer, h.stride, x.channels)
      switch self {
      case .additive: glow_additive_transformer(z, l, p, s, q, t, c, first, last)
      case .affine: glow_affine_transformer(z, l, p, s, q, t, c, first, last)
      case .spline(let bins, let bound):
        glow_spline(z, l, p, s, q, t, c, bins, bound, first, last)
      case .logisticMixture(let k):
        glow_logistic_mixture(z, c, l, p, s, q, t, c, k, first, last)
      case .gaussianMixture(let k):
        glow_gaussian_mixture(z, l, p, s, q, t, c, k, first, last)
      }
    }
    return (z, logDet)
  }

  /// dx and dh.
  func backward(_ x: Tensor, _ h: Tensor, _ z: Tensor, _ dz: Tensor, _ dLogDet: Tensor)
    -> (dx: Tensor, dh: Tensor)
  {
    let dz = dz.contiguous()
    let (dx, dh) = (Tensor(uninitialized: x.shape), Tensor(uninitialized: [h.rows, h.channels]))
    forEach(x) { first, last in
      let (dx, dh, d, l) = (dx.pointer, dh.pointer, dz.pointer, dLogDet.pointer)
      let (p, s, q, t, c) = (x.pointer, x.stride, h.pointer, h.stride, x.channels)
      switch self {
      case .additive: glow_additive_transformer_backward(dx, dh, d, c, first, last)
      case .affine:
        glow_affine_transformer_backward(dx, dh, d, l, z.pointer, q, t, c, first, last)
      case .spline(let bins, let bound):
        glow_spline_backward(dx, dh, d, l, p, s, q, t, c, bins, bound, first, last)
      case .logisticMixture(let k):
        glow_logistic_mixture_backward(dx, c, dh, d, c, l, p, s, q, t, c, k, first, last)
      case .gaussianMixture(let k):
        glow_gaussian_mixture_backward(dx, dh, d, l, p, s, q, t, c, k, first, last)
      }
    }
    return (dx, dh)
  }

  /// x, from z.
  public func inverse(_ z: Tensor, _ h: Tensor) -> Tensor {
    let x = Tensor(uninitialized: z.shape)
    forEach(z) { first, last in
      invert(z.rows(first..<last), h.rows(first..<last), into: x.rows(first..<last))
    }
    return x
  }

  /// Writes x over the elements of `x`; on the thread that calls it.
  public func invert(_ z: Tensor, _ h: Tensor, into x: Tensor) {
    check(z, h)
    let (to, u, p, s, q, t) = (x.pointer, x.stride, z.pointer, z.stride, h.pointer, h.stride)
    let (c, rows) = (z.channels, z.rows)
    switch self {
    case .additive: glow_additive_transformer_inverse(to, u, p, s, q, t, c, 0, rows)
    case .affine: glow_affine_transformer_inverse(to, u, p, s, q, t, c, 0, rows)
    case .spline(let bins, let bound):
      glow_spline_inverse(to, u, p, s, q, t, c, bins, bound, 0, rows)
    case .logisticMixture(let k): glow_logistic_mixture_inverse(to, u, p, s, q, t, c, k, 0, rows)
    case .gaussianMixture(let k): glow_gaussian_mixture_inverse(to, u, p, s, q, t, c, k, 0, rows)
    }
  }

  /// z and log-det as nodes of the tape.
  public func forward(_ x: Variable, _ h: Variable) -> (z: Variable, logDet: Variable) {
    let (z, logDet) = forward(x.value, h.value)
    // one node for both, its columns z and the log-det
    let both = Variable(.concatenated([z.matrix, logDet]), of: [x, h]) { d, _ in
      let (dx, dh) = backward(
        x.value, h.value, z, d.channels(0..<z.channels),
        d.channels(z.channels..<z.channels + 1).contiguous())
      return [dx, dh]
    }
    return (both.columns(0..<z.channels), both.columns(z.channels..<z.channels + 1))
  }

  private func check(_ x: Tensor, _ h: Tensor) {
    precondition(
      h.rows == x.rows && h.channels == x.channels * parameters, "\(x.shape) by \(h.shape)")
  }

  private func forEach(_ x: Tensor, _ body: (Int, Int) -> Void) {
    let cost = parameters * x.channels
    Profile.measure("transformers") {
      ThreadPool.forEach(x.rows, grain: max(1, 2048 / max(1, cost))) {
        body($0.lowerBound, $0.upperBound)
      }
    }
  }
}

extension Tensor {
  fileprivate var matrix: Tensor { reshaped([rows, channels]) }
}
