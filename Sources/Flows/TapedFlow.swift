import Tensors

/// A flow that says its forward and its inverse alone; the tape finds the gradients.
///
///     struct Shift: TapedFlow {
///       let by = Variable(Parameter(zeros: [2]))
///       var coefficients: [(name: String, variable: Variable)] { [("by", by)] }
///       func forward(_ x: Variable) -> (z: Variable, logDet: Variable) { (x + by, Variable(0)) }
///       func inverse(_ z: Tensor) -> Tensor { (Variable(z) - by).value }
///     }
///
/// x, z: [N, D]. What a flow is made of are variables: parameters that it owns, a row for all
/// examples, or, where another net gives them, a row for each.
public protocol TapedFlow: Flow where Saved == Recording, Trace == Void {
  /// z, [N, D], and log|det ∂z/∂x|, [N, 1] or [1, 1], nats.
  func forward(_ x: Variable) -> (z: Variable, logDet: Variable)

  /// v with Jᵀ v = target for each example, J = ∂z/∂x and target [N, D]: what the gradients of a
  /// flow that is turned round need. Where nothing else is said, J is computed.
  func solveTransposed(_ saved: Recording, _ target: Tensor) -> Tensor

  /// What the flow is made of, by its names in a checkpoint.
  var coefficients: [(name: String, variable: Variable)] { get }
}

/// What a pass through a `TapedFlow` left on the tape.
public struct Recording {
  /// The pass's input and outputs.
  public let x, z, logDet: Variable
}

extension TapedFlow {
  public var coefficients: [(name: String, variable: Variable)] { [] }

  /// z and log|det ∂z/∂x|, nats, of each row of x, [N, D], with the tape that led there.
  public func forward(_ x: Tensor) -> (z: Tensor, logDet: [Double], saved: Recording) {
    let x = Variable(x, isTracked: true)
    let (z, logDet): (Variable, Variable) = forward(x)
    let terms = logDet.value.elements.map(Double.init)
    return (
      z.value, terms.count == 1 ? Array(repeating: terms[0], count: x.rows) : terms,
      Recording(x: x, z: z, logDet: logDet)
    )
  }

  /// x by the inverse, and the tape of a fresh pass forward.
  public func restore(_ z: Tensor, _ trace: Void) -> (x: Tensor, saved: Recording) {
    let x = inverse(z)
    return (x, forward(x).saved)
  }

  /// dx, [N, D], back through the tape; parameters' gradients are added to.
  public func backward(_ saved: Recording, _ dz: Tensor, _ dLogDet: [Float]) -> Tensor {
    saved.gradient(dz, dLogDet)
  }

  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    for (name, variable) in coefficients {
      if let parameter = variable.parameter { body("\(path).\(name)", parameter) }
    }
  }
}

extension Recording {
  /// dx, from the gradients of z and log-det.
  func gradient(_ dz: Tensor, _ dLogDet: [Float], addingToParameters: Bool = true) -> Tensor {
    let isShared = logDet.rows == 1 && dLogDet.count > 1
    let d = isShared ? [dLogDet.reduce(0, +)] : dLogDet
    let gradient = Variable.gradients(
      [(z, dz), (logDet, Tensor(d, shape: [d.count, 1]))], of: [x],
      addingToParameters: addingToParameters)[0]
    return gradient ?? Tensor(repeating: 0, shape: x.value.shape)
  }
}

extension Variable {
  /// A parameter of this shape, from N(0, deviation²).
  static func normal(_ shape: [Int], deviation: Float, _ random: RandomStream, from first: Int = 0)
    -> Variable
  {
    Variable(
      Parameter(shape: shape) {
        let noise = random.normal(shape, from: first).elements
        return Tensor(noise.map { deviation * $0 }, shape: shape)
      })
  }

  /// A parameter of this shape that starts at zero.
  static func zeros(_ shape: [Int]) -> Variable { Variable(Parameter(zeros: shape)) }

  /// The values by row, copied once; a single row is that of all examples.
  var rowValues: (Int) -> [Float] {
    let (all, c, isShared) = (value.elements, columns, rows == 1)
    return { row in isShared ? all : Array(all[row * c..<(row + 1) * c]) }
  }
}
