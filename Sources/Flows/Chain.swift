import Tensors

/// Flows one behind the other; its log-det is the sum of theirs. A chain is a flow like any other,
/// and may be a part of a chain.
public struct Chain: DoubleFlow {
  /// The parts in the order of `forward`, each with the name that its parameters begin with.
  public let parts: [(name: String, flow: any Flow)]

  /// A chain of these parts.
  public init(_ parts: [(name: String, flow: any Flow)]) { self.parts = parts }

  public func forward(_ x: Tensor) -> (z: Tensor, logDet: [Double], saved: [Any]) {
    passing(x) { Self.forward($0, $1) }
  }

  public func transform(_ x: Tensor) -> (z: Tensor, logDet: [Double], trace: [Any]) {
    passing(x) { Self.transform($0, $1) }
  }

  /// Parts whose log-det is not 0 must have the positions of z.
  public func transformByPosition(_ x: Tensor) -> (z: Tensor, logDet: [Double]) {
    var (z, total) = (x, [Double]())
    for part in parts {
      let logDet: [Double]
      (z, logDet) = part.flow.transformByPosition(z)
      if total.count == logDet.count {
        for r in total.indices { total[r] += logDet[r] }
      } else {
        precondition(total.allSatisfy { $0 == 0 }, "positions went elsewhere")
        total = logDet
      }
    }
    return (z, total)
  }

  /// x through all parts, with what each of them keeps.
  private func passing(
    _ x: Tensor, _ step: (any Flow, Tensor) -> (z: Tensor, logDet: [Double], kept: Any)
  ) -> (Tensor, [Double], [Any]) {
    var (z, all) = (x, [Any]())
    var logDet = [Double](repeating: 0, count: x.examples)
    for part in parts {
      let (next, partLogDet, kept) = step(part.flow, z)
      z = next
      for n in logDet.indices { logDet[n] += partLogDet[n] }
      all.append(kept)
    }
    return (z, logDet, all)
  }

  public func inverse(_ z: Tensor) -> Tensor {
    parts.reversed().reduce(z) { $1.flow.inverse($0) }
  }

  /// All parts must run in double.
  public func forward(_ x: DoubleTensor) -> DoubleTensor {
    parts.reduce(x) { Self.double($1.flow).forward($0) }
  }

  /// All parts must run in double.
  public func inverse(_ z: DoubleTensor) -> DoubleTensor {
    parts.reversed().reduce(z) { Self.double($1.flow).inverse($0) }
  }

  private static func double(_ flow: any Flow) -> any DoubleFlow {
    guard let flow = flow as? any DoubleFlow else {
      preconditionFailure("\(type(of: flow)) does not run in double")
    }
    return flow
  }

  public func trace(_ saved: [Any]) -> [Any] {
    var traces: [Any] = []
    for (part, kept) in zip(parts, saved) { traces.append(Self.trace(of: part.flow, kept)) }
    return traces
  }

  public func restore(_ z: Tensor, _ traces: [Any]) -> (x: Tensor, saved: [Any]) {
    precondition(traces.count == parts.count)
    var (x, saved) = (z, [Any]())
    for (part, trace) in zip(parts, traces).reversed() {
      let kept: Any
      (x, kept) = Self.restore(part.flow, x, trace)
      saved.append(kept)
    }
    return (x, saved.reversed())
  }

  public func backward(_ saved: [Any], _ dz: Tensor, _ dLogDet: [Float]) -> Tensor {
    backward(saved, dz, dLogDet, left: nil)
  }

  /// As `backward`; `left` is told each parameter once its gradient is whole, the last part's
  /// first.
  public func backward(
    _ saved: [Any], _ dz: Tensor, _ dLogDet: [Float], left: ((Parameter) -> Void)?
  ) -> Tensor {
    var dx = dz
    for (part, kept) in zip(parts, saved).reversed() {
      dx = Self.backward(part.flow, kept, dx, dLogDet)
      if let left { part.flow.visitParameters("") { left($1) } }
    }
    return dx
  }

  /// Each part is rebuilt just before its gradient is taken, so that memory does not grow with the
  /// number of parts.
  public func backward(
    rebuilding z: Tensor, _ traces: [Any], _ dz: Tensor, _ dLogDet: [Float]
  ) -> (x: Tensor, dx: Tensor) {
    backward(rebuilding: z, traces, dz, dLogDet, left: nil)
  }

  /// As `backward(rebuilding:…)`; `left` is told each parameter once its gradient is whole.
  public func backward(
    rebuilding z: Tensor, _ traces: [Any], _ dz: Tensor, _ dLogDet: [Float],
    left: ((Parameter) -> Void)?
  ) -> (x: Tensor, dx: Tensor) {
    precondition(traces.count == parts.count)
    var (x, dx) = (z, dz)
    for (part, trace) in zip(parts, traces).reversed() {
      (x, dx) = Self.backward(part.flow, rebuilding: x, trace, dx, dLogDet)
      if let left { part.flow.visitParameters("") { left($1) } }
    }
    return (x, dx)
  }

  public func given(_ condition: RowsBetween) -> Chain {
    Chain(parts.map { ($0.name, $0.flow.given(condition)) })
  }

  public func initialize(from x: Tensor) -> Tensor {
    parts.reduce(x) { $1.flow.initialize(from: $0) }
  }

  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    for part in parts { part.flow.visitParameters(path + part.name, body) }
  }

  // One part, its type opened and what it keeps closed again.

  private static func forward<F: Flow>(_ flow: F, _ x: Tensor) -> (Tensor, [Double], Any) {
    flow.forward(x)
  }

  private static func transform<F: Flow>(_ flow: F, _ x: Tensor) -> (Tensor, [Double], Any) {
    flow.transform(x)
  }

  private static func trace<F: Flow>(of flow: F, _ saved: Any) -> Any {
    flow.trace(own(saved, of: flow))
  }

  private static func restore<F: Flow>(_ flow: F, _ z: Tensor, _ trace: Any) -> (Tensor, Any) {
    flow.restore(z, own(trace, of: flow))
  }

  private static func backward<F: Flow>(
    _ flow: F, _ saved: Any, _ dz: Tensor, _ dLogDet: [Float]
  ) -> Tensor {
    flow.backward(own(saved, of: flow), dz, dLogDet)
  }

  private static func backward<F: Flow>(
    _ flow: F, rebuilding z: Tensor, _ trace: Any, _ dz: Tensor, _ dLogDet: [Float]
  ) -> (Tensor, Tensor) {
    flow.backward(rebuilding: z, own(trace, of: flow), dz, dLogDet)
  }

  private static func own<Kept>(_ kept: Any, of flow: some Flow) -> Kept {
    guard let kept = kept as? Kept else {
      preconditionFailure("\(type(of: flow)) was given what another flow kept")
    }
    return kept
  }
}
