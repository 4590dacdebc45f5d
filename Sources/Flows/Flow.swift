import Tensors

/// An invertible layer. forward: data → latent.
///
/// Tensors are [N, H, W, C]; log-determinants are per example, in nats. `backward` takes the
/// gradient of the output and of the per-example log-det, so any loss can stand behind it. It
/// serves both ways of training: with what `forward` kept, or with what `restore` rebuilt from the
/// output.
public protocol Flow {
  /// What backward needs.
  associatedtype Saved
  /// What `restore` needs beside z, to run a net on the very bits that forward ran it on; nothing
  /// in most flows.
  associatedtype Trace = Void

  /// z = f(x), log|det ∂z/∂x| per example, and what backward needs.
  func forward(_ x: Tensor) -> (z: Tensor, logDet: [Double], saved: Saved)

  /// As forward, but nothing is kept for backward other than the trace.
  func transform(_ x: Tensor) -> (z: Tensor, logDet: [Double], trace: Trace)

  /// z = f(x), and the log-det by the positions of z, N·H·W numbers that sum to it.
  func transformByPosition(_ x: Tensor) -> (z: Tensor, logDet: [Double])

  /// x = f⁻¹(z).
  func inverse(_ z: Tensor) -> Tensor

  /// What is to be kept of `saved` where `restore` will rebuild the rest.
  func trace(_ saved: Saved) -> Trace

  /// x = f⁻¹(z) and what forward(x) would have saved.
  func restore(_ z: Tensor, _ trace: Trace) -> (x: Tensor, saved: Saved)

  /// dx, given dz and the gradient of the log-det; parameters' gradients are added to.
  func backward(_ saved: Saved, _ dz: Tensor, _ dLogDet: [Float]) -> Tensor

  /// x and dx from the output: what restore and then backward give.
  func backward(rebuilding z: Tensor, _ trace: Trace, _ dz: Tensor, _ dLogDet: [Float])
    -> (x: Tensor, dx: Tensor)

  /// Calls `body` with each parameter and its name, which begins with `path`.
  func visitParameters(_ path: String, _ body: (String, Parameter) -> Void)

  /// Sets what depends on data, such as actnorms, from a first batch, and returns f(x).
  ///
  /// It is a step of its own: forward never does it.
  func initialize(from x: Tensor) -> Tensor

  /// The flow that is told something at the rows of its input: it is never inverted, and has no
  /// gradient. A flow that takes no condition is as it was.
  func given(_ condition: RowsBetween) -> Self

  /// How much the inverse may magnify errors, 1 at best; nil where it depends on x.
  var conditionNumber: Double? { get }
}

extension Flow {
  public func transform(_ x: Tensor) -> (z: Tensor, logDet: [Double], trace: Trace) {
    let (z, logDet, saved) = forward(x)
    return (z, logDet, trace(saved))
  }

  /// The log-det spread evenly, which it is where it does not depend on x.
  public func transformByPosition(_ x: Tensor) -> (z: Tensor, logDet: [Double]) {
    let (z, logDet, _) = transform(x)
    return (
      z,
      logDet.flatMap { Array(repeating: $0 / Double(z.positions), count: z.positions) }
    )
  }

  public func backward(rebuilding z: Tensor, _ trace: Trace, _ dz: Tensor, _ dLogDet: [Float])
    -> (x: Tensor, dx: Tensor)
  {
    let (x, saved) = restore(z, trace)
    return (x, backward(saved, dz, dLogDet))
  }

  public func initialize(from x: Tensor) -> Tensor { forward(x).z }
  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {}
  public func given(_ condition: RowsBetween) -> Self { self }
  public var conditionNumber: Double? { nil }
}

extension Flow where Trace == Void {
  /// Nothing: z is enough for `restore`.
  public func trace(_ saved: Saved) {}
  /// x from z alone, and what forward(x) would have saved.
  public func restore(_ z: Tensor) -> (x: Tensor, saved: Saved) { restore(z, ()) }
}
