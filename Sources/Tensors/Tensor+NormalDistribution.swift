import CKernels

/// The normal distribution function Φ and its inverse, of every element, with Σ log of their
/// derivatives per example, nats.
extension Tensor {
  /// Φ⁻¹(u + 2⁻²⁵) of u in [0, 1), multiples of 2⁻²⁴, which so stay off both ends.
  public func normalQuantile() -> (z: Tensor, logDet: [Double]) {
    mapExamples { glow_normal_quantile($0, $1, $2) }
  }

  /// Φ(z), at most the last float32 before 1.
  public func normalDistribution() -> (u: Tensor, logDet: [Double]) {
    mapExamples { glow_normal_cdf($0, $1, $2) }
  }

  /// dz, from the gradients of Φ(z) and of the log-det; called on z.
  public func normalDistributionBackward(_ du: Tensor, _ dLogDet: [Float]) -> Tensor {
    let (z, du) = (contiguous(), du.contiguous())
    let dz = Tensor(uninitialized: shape)
    _ = z.perExample { begin, end in
      let first = begin * channels
      glow_normal_cdf_backward(
        dz.pointer + first, du.pointer + first, z.pointer + first, dLogDet[begin / positions],
        (end - begin) * channels)
      return 0
    }
    return dz
  }

  private func mapExamples(
    _ body: (UnsafeMutablePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Double
  ) -> (Tensor, [Double]) {
    let from = contiguous()
    let out = Tensor(uninitialized: shape)
    let logDet = from.perExample { begin, end in
      body(
        out.pointer + begin * channels, from.pointer + begin * channels, (end - begin) * channels)
    }
    return (out, logDet)
  }
}
