import Tensors

/// Flows one behind the other; its log-det is the sum of theirs. Their traces go through `transform`
/// and `backward(rebuilding:)`; `trace` and `restore` know none.
public struct Chain: Flow {
  /// The parts in the order of `forward`, each with the name that its parameters begin with.
  public let parts: [(name: String, flow: any Flow)]

  /// A chain of these parts.
  public init(_ parts: [(name: String, flow: any Flow)]) { self.parts = parts }

  public func forward(_ x: Tensor) -> (z: Tensor, logDet: [Double], saved: [Any]) {
    var (z, saved) = (x, [Any]())
    var logDet = [Double](repeating: 0, count: x.examples)
    for part in parts {
      let (kept, _) = Self.forward(part.flow, &z, &logDet)
      saved.append(kept)
    }
    return (z, logDet, saved)
  }

  /// As forward, but nothing is kept for backward other than the parts' traces.
  public func transform(_ x: Tensor) -> (z: Tensor, logDet: [Double], traces: [Tensor?]) {
    var (z, traces) = (x, [Tensor?]())
    var logDet = [Double](repeating: 0, count: x.examples)
    for part in parts { traces.append(Self.forward(part.flow, &z, &logDet).trace) }
    return (z, logDet, traces)
  }

  public func inverse(_ z: Tensor) -> Tensor {
    parts.reversed().reduce(z) { $1.flow.inverse($0) }
  }

  public func restore(_ z: Tensor, _ trace: Tensor?) -> (x: Tensor, saved: [Any]) {
    var (x, saved) = (z, [Any]())
    for part in parts.reversed() {
      let kept = Self.restore(part.flow, &x, nil)
      saved.append(kept)
    }
    return (x, saved.reversed())
  }

  public func backward(_ saved: [Any], _ dz: Tensor, _ dLogDet: [Float]) -> Tensor {
    var dx = dz
    for (part, kept) in zip(parts, saved).reversed() {
      dx = Self.backward(part.flow, kept, dx, dLogDet)
    }
    return dx
  }

  /// x and dx from the output and what `transform` traced: each part is rebuilt just before its
  /// gradient is taken, so that memory does not grow with the number of parts.
  public func backward(
    rebuilding z: Tensor, _ traces: [Tensor?], _ dz: Tensor, _ dLogDet: [Float]
  ) -> (x: Tensor, dx: Tensor) {
    precondition(traces.count == parts.count)
    var (x, dx) = (z, dz)
    for (part, trace) in zip(parts, traces).reversed() {
      let kept = Self.restore(part.flow, &x, trace)
      dx = Self.backward(part.flow, kept, dx, dLogDet)
    }
    return (x, dx)
  }

  public func initialize(from x: Tensor) -> Tensor {
    parts.reduce(x) { $1.flow.initialize(from: $0) }
  }

  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    for part in parts { part.flow.visitParameters(path + part.name, body) }
  }

  // One part, its type opened and what it saves closed again.

  private static func forward<F: Flow>(_ flow: F, _ x: inout Tensor, _ logDet: inout [Double])
    -> (saved: Any, trace: Tensor?)
  {
    let (z, partLogDet, saved) = flow.forward(x)
    x = z
    for n in logDet.indices { logDet[n] += partLogDet[n] }
    return (saved, flow.trace(saved))
  }

  private static func restore<F: Flow>(_ flow: F, _ z: inout Tensor, _ trace: Tensor?) -> Any {
    let (x, saved) = flow.restore(z, trace)
    z = x
    return saved
  }

  private static func backward<F: Flow>(
    _ flow: F, _ saved: Any, _ dz: Tensor, _ dLogDet: [Float]
  ) -> Tensor {
    guard let saved = saved as? F.Saved else {
      preconditionFailure("\(F.self) was given what another flow saved")
    }
    return flow.backward(saved, dz, dLogDet)
  }
}
