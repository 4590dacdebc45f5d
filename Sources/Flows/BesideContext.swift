import Tensors

/// A flow that knows no context, on the columns behind it: z = (x[:, ..<context], flow(x[:,
/// context...])).
public struct BesideContext: Flow {
  private let context: Int
  private let chain: Chain
  /// The flow of the columns behind the context.
  public var flow: any Flow { chain.parts[0].flow }

  /// The first `context` columns stay as they are.
  public init(_ context: Int, _ flow: any Flow) {
    (self.context, chain) = (context, Chain([("", flow)]))
  }

  private func own(_ x: Tensor) -> Tensor { x.channels(context..<x.channels).contiguous() }
  private func with(_ x: Tensor, _ own: Tensor) -> Tensor {
    .concatenated([x.channels(0..<context), own])
  }

  public func forward(_ x: Tensor) -> (z: Tensor, logDet: [Double], saved: [Any]) {
    let (z, logDet, saved) = chain.forward(own(x))
    return (with(x, z), logDet, saved)
  }

  public func inverse(_ z: Tensor) -> Tensor { with(z, chain.inverse(own(z))) }

  public func trace(_ saved: [Any]) -> [Any] { chain.trace(saved) }

  public func restore(_ z: Tensor, _ trace: [Any]) -> (x: Tensor, saved: [Any]) {
    let (x, saved) = chain.restore(own(z), trace)
    return (with(z, x), saved)
  }

  public func backward(_ saved: [Any], _ dz: Tensor, _ dLogDet: [Float]) -> Tensor {
    with(dz, chain.backward(saved, own(dz), dLogDet))
  }

  public func initialize(from x: Tensor) -> Tensor { with(x, chain.initialize(from: own(x))) }

  public var conditionNumber: Double? { chain.parts.first?.flow.conditionNumber }

  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    chain.visitParameters(path, body)
  }
}
