import Flows
import Foundation
import Tensors

/// Where in its bin each sample is put: a flow from uniform noise to nearly all of the bin, told
/// the samples, that learns what of a bin the model expects.
///
///     u = ε + (1 − 2ε) Φ(f(Φ⁻¹(noise); k)),  x = (k + u) · Δ + origin       f is J × (mix → coupling)
///     log P(k) ≥ E [log p(x) + log|det ∂u/∂noise|] + D log Δ
///
/// noise, u, k: [N, H, W, C]; Φ is the normal distribution function; ε = 2⁻¹⁴ keeps k + u, in
/// float32, within the bin. f works on squeezed noise, and its couplings' nets are told the middles
/// of the bins, squeezed as well. It begins near a rotation, so that u is nearly uniform. Ho et al.
/// (2019), section 3.1, where noise is normal and Φ a sigmoid.
struct Dequantizer {
  private let squeeze: Squeeze
  private let steps: Chain
  private static let edge: Float = 0x1p-14

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

  /// u, and log|det ∂u/∂noise| per example, nats; `middles` is x with every sample in the middle of
  /// its bin.
  func transform(_ noise: Tensor, _ middles: Tensor) -> (u: Tensor, logDet: [Double]) {
    let (u, logDet, _) = passing(noise) {
      let (z, logDet, _) = told(middles).transform($0)
      return (z, logDet, ())
    }
    return (u, logDet)
  }

  /// As transform, with what backward needs.
  func forward(_ noise: Tensor, _ middles: Tensor) -> (u: Tensor, logDet: [Double], saved: Saved) {
    passing(noise) {
      let steps = told(middles)
      let (z, logDet, kept) = steps.forward($0)
      return (z, logDet, Saved(steps: steps, kept: kept, z: z))
    }
  }

  private func passing<Kept>(
    _ noise: Tensor, _ steps: (Tensor) -> (z: Tensor, logDet: [Double], saved: Kept)
  ) -> (u: Tensor, logDet: [Double], saved: Kept) {
    let (e, first) = noise.normalQuantile()
    let (z, second, kept) = steps(squeeze.forward(e).z)
    let (u, third) = z.normalDistribution()
    let share = 1 - 2 * Self.edge
    let inner = u.affine(
      bias: Tensor(repeating: Self.edge / share, shape: [u.channels]),
      scale: Tensor(repeating: share, shape: [u.channels]))
    let narrowed = Double(noise.count / noise.examples) * log(Double(share))
    let logDet = first.indices.map { first[$0] + second[$0] + third[$0] + narrowed }
    return (squeeze.inverse(inner), logDet, kept)
  }

  /// Adds to the parameters' gradients, from those of u, each times `scale`, and of the log-det;
  /// `left` is told each of them once its gradient is whole.
  func addGradients(
    _ saved: Saved, _ du: Tensor, times scale: Float, _ dLogDet: [Float],
    left: ((Parameter) -> Void)?
  ) {
    let d = squeeze.forward(du).z
    let dInner = d.affine(
      bias: Tensor(repeating: 0, shape: [d.channels]),
      scale: Tensor(repeating: scale * (1 - 2 * Self.edge), shape: [d.channels]))
    let dz = saved.z.normalDistributionBackward(dInner, dLogDet)
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
