import Flows
import Tensors

/// Where in its bin each sample is put: a flow from uniform noise to uniform noise, told the samples,
/// that learns what of a bin the model expects.
///
///     u = Φ(f(Φ⁻¹(noise); k)),  x = (k + u) · Δ + origin          f is J × (mix → coupling)
///     log P(k) ≥ E [log p(x) + log|det ∂u/∂noise|] + D log Δ
///
/// noise, u, k: [N, H, W, C]; Φ is the normal distribution function. f works on squeezed noise, and
/// its couplings' nets are told the middles of the bins, squeezed as well. It begins near a rotation, so
/// that u is nearly uniform. Ho et al. (2019), section 3.1, where noise is normal and Φ a sigmoid.
struct Dequantizer {
  private let squeeze: Squeeze
  private let steps: Chain

  init(_ steps: Chain, squeeze: (height: Int, width: Int)) {
    (self.steps, self.squeeze) = (steps, Squeeze(squeeze))
  }

  /// What backward needs.
  struct Saved {
    fileprivate let steps: Chain
    fileprivate let kept: [Any]
    fileprivate let z: Tensor
  }

  private func told(_ middles: Tensor) -> Chain {
    steps.given(RowsBetween(rowByRow: squeeze.forward(middles).z))
  }

  /// u, log|det ∂u/∂noise| per example, nats, and what backward needs; `middles` is x with every
  /// sample in the middle of its bin.
  func forward(_ noise: Tensor, _ middles: Tensor) -> (u: Tensor, logDet: [Double], saved: Saved) {
    let steps = told(middles)
    let (e, first) = noise.normalQuantile()
    let (z, second, kept) = steps.forward(squeeze.forward(e).z)
    let (u, third) = z.normalDistribution()
    let logDet = first.indices.map { first[$0] + second[$0] + third[$0] }
    return (squeeze.inverse(u), logDet, Saved(steps: steps, kept: kept, z: z))
  }

  /// Adds to the parameters' gradients, from those of u and of the log-det; `left` is told each of
  /// them once its gradient is whole.
  func addGradients(
    _ saved: Saved, _ du: Tensor, _ dLogDet: [Float], left: (Parameter) -> Void
  ) {
    let dz = saved.z.normalDistributionBackward(squeeze.forward(du).z, dLogDet)
    _ = saved.steps.backward(saved.kept, dz, dLogDet, left: left)
  }

  /// Sets the nets' actnorms from a first batch.
  func initialize(from noise: Tensor, _ middles: Tensor) {
    _ = told(middles).initialize(from: squeeze.forward(noise.normalQuantile().z).z)
  }

  func visitParameters(_ body: (String, Parameter) -> Void) {
    steps.visitParameters("dequantizer", body)
  }
}
