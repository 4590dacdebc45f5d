import Tensors

/// A flow whose parameters come from features of each example: the same flow types as those that
/// own their parameters, given them.
///
/// z: [N, D]; h, the features: [N, F], or [1, F] for all of z.
public struct AmortizedFlow {
  private enum Kind {
    /// All parameters from a dense layer of h, in the order of the flow's coefficients, of these
    /// sizes.
    case given(Dense, sizes: [Int], flow: ([Variable]) -> any TapedFlow)
    /// h is the context of the flow's net.
    case beside(Autoregressive)
    /// The same, turned round.
    case turned(Inverted<Autoregressive>)
  }

  private let kind: Kind
  private let isReversed: Bool

  /// Planar flows, from `features` numbers. Rezende & Mohamed (2015), section 4.2.
  public static func planar(columns: Int, features: Int, random: RandomStream) -> AmortizedFlow {
    given(Planar(columns: columns, random: random), features) {
      Planar(u: $0[0], w: $0[1], b: $0[2])
    }
  }

  /// Sylvester flows on `directions` columns, or by as many reflections. Van den Berg et al.
  /// (2018), section 4.
  public static func sylvester(
    columns: Int, basis: String, directions: Int, isFlipped: Bool, features: Int,
    random: RandomStream
  ) -> AmortizedFlow {
    let start = Sylvester(
      columns: columns, basis: basis, directions: directions, isFlipped: isFlipped, random: random)
    return given(start, features) { given in
      let basis: SylvesterBasis
      switch start.basis {
      case .orthogonal: basis = .orthogonal(given[0])
      case .householder(_, let count): basis = .householder(given[0], reflections: count)
      case .triangular: basis = start.basis
      }
      let own = given.suffix(4)
      let first = own.startIndex
      return Sylvester(
        basis: basis, d: own[first], diagonal1: own[first + 1], diagonal2: own[first + 2],
        b: own[first + 3])
    }
  }

  /// One pass of a masked net that sees h: of an affine transformer IAF. With `isReversed` the
  /// columns are taken in the reversed order. Kingma et al. (2016), section 3.
  public static func autoregressive(
    columns: Int, features: Int, transformer: Transformer, hidden: [Int], isReversed: Bool,
    random: RandomStream
  ) -> AmortizedFlow {
    AmortizedFlow(
      kind: .beside(
        Autoregressive(
          columns: columns, context: features, transformer: transformer, hidden: hidden,
          random: random)), isReversed: isReversed)
  }

  /// A pass for each column, as MAF is drawn from.
  public static func turnedAutoregressive(
    columns: Int, features: Int, transformer: Transformer, hidden: [Int], isReversed: Bool,
    random: RandomStream
  ) -> AmortizedFlow {
    AmortizedFlow(
      kind: .turned(
        Inverted(
          Autoregressive(
            columns: columns, context: features, transformer: transformer, hidden: hidden,
            random: random))), isReversed: isReversed)
  }

  /// A flow as `start` to begin with, for all h.
  private static func given(
    _ start: some TapedFlow, _ features: Int, _ flow: @escaping ([Variable]) -> any TapedFlow
  ) -> AmortizedFlow {
    let variables = start.coefficients.map(\.variable)
    let sizes = variables.map { $0.rows * $0.columns }
    let count = sizes.reduce(0, +)
    let bias = Parameter(shape: [count]) {
      Tensor(variables.flatMap(\.value.elements), shape: [count])
    }
    let head = Dense(
      features, count, deviation: 0, bias: bias, random: RandomStream(seed: 0, .parameters))
    return AmortizedFlow(kind: .given(head, sizes: sizes, flow: flow), isReversed: false)
  }

  /// The flow of these features.
  private func given(_ head: Dense, _ sizes: [Int], _ h: Variable) -> [Variable] {
    let all = head(h)
    var first = 0
    return sizes.map { size in
      defer { first += size }
      return all.columns(first..<first + size)
    }
  }

  /// The next z, and log|det| of the step, [N, 1], nats.
  public func forward(_ z: Variable, _ h: Variable) -> (z: Variable, logDet: Variable) {
    let z = isReversed ? z.reversedColumns : z
    switch kind {
    case .given(let head, let sizes, let flow): return flow(given(head, sizes, h)).forward(z)
    case .beside(let flow): return without(h, flow.forward(with(h, z)))
    case .turned(let flow): return without(h, flow.recorded(with(h, z)))
    }
  }

  /// z of what `forward` gave.
  public func inverse(_ z: Tensor, _ h: Variable) -> Tensor {
    let before: Tensor
    switch kind {
    case .given(let head, let sizes, let flow):
      before = flow(given(head, sizes, h)).inverse(z)
    case .beside(let flow): before = own(h, flow.inverse(with(h, Variable(z)).value))
    case .turned(let flow): before = own(h, flow.inverse(with(h, Variable(z)).value))
    }
    return isReversed ? Variable(before).reversedColumns.value : before
  }

  private func with(_ h: Variable, _ z: Variable) -> Variable {
    .concatenated([h.rows == z.rows ? h : h.repeated(z.rows), z])
  }

  private func own(_ h: Variable, _ z: Tensor) -> Tensor {
    z.channels(h.columns..<z.channels).contiguous()
  }

  private func without(_ h: Variable, _ step: (z: Variable, logDet: Variable)) -> (
    z: Variable, logDet: Variable
  ) {
    (step.z.columns(h.columns..<step.z.columns), step.logDet)
  }

  /// Calls `body` with each parameter.
  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    switch kind {
    case .given(let head, _, _): head.visitParameters(path, body)
    case .beside(let flow): flow.visitParameters(path, body)
    case .turned(let flow): flow.visitParameters(path, body)
    }
  }
}

extension Variable {
  fileprivate var reversedColumns: Variable { columns((0..<Int32(columns)).reversed()) }
}

extension Flow {
  /// z and log-det, [N, 1], as nodes of the tape, whatever the gradient is taken by.
  func recorded(_ x: Variable) -> (z: Variable, logDet: Variable) {
    let (z, logDet, saved) = forward(x.value)
    let d = z.channels
    let terms = Tensor(logDet.map(Float.init), shape: [logDet.count, 1])
    let both = Variable(.concatenated([z, terms]), of: [x], ownsParameters: true) { d2, adds in
      precondition(adds, "a flow's gradient is that of its parameters as well")
      return [
        backward(saved, d2.channels(0..<d).contiguous(), d2.channels(d..<d + 1).elements)
      ]
    }
    return (both.columns(0..<d), both.columns(d..<d + 1))
  }
}
