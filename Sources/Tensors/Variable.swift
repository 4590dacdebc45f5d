/// A value that remembers how it was computed, so that gradients can go back through it: the tape
/// on which flows of small arithmetic leave their derivatives.
///
///     let w = Variable(parameter), x = Variable(input, isTracked: true)
///     let y = (x * w).tanh()
///     let dx = y.gradients(dy, of: [x])[0]        // and w's parameter has its gradient added to
///
/// Values are matrices, rows × columns; an operand of one row, one column or one element is
/// repeated. An operation makes a node that holds its operands and its pullback; `gradients` walks
/// the nodes from the last to the first. Griewank & Walther (2008), chapter 3.
public final class Variable {
  /// The value.
  public var value: Tensor {
    switch content {
    case .tensor(let tensor): tensor
    case .parameter(let parameter): parameter.value
    }
  }
  private let content: Content
  /// The parameter that this is the value of; nil for what was computed or given.
  public var parameter: Parameter? {
    if case .parameter(let parameter) = content { parameter } else { nil }
  }
  /// Whether a gradient goes on from here.
  let isTracked: Bool
  private let operands: [Variable]
  private let pullback: Pullback?
  /// More than that of any operand, so that it orders the walk.
  private let depth: Int

  private enum Content {
    case tensor(Tensor)
    case parameter(Parameter)
  }

  /// The gradients of the operands (nil where there is none) from that of the value. A layer that
  /// owns its parameters adds to their gradients where it is told to.
  public typealias Pullback = (_ d: Tensor, _ addsToParameters: Bool) -> [Tensor?]

  /// A value that nothing computed: a constant, or what a gradient is wanted of.
  public init(_ value: Tensor, isTracked: Bool = false) {
    (content, self.isTracked) = (.tensor(value), isTracked)
    (operands, pullback, depth) = ([], nil, 0)
  }

  /// A parameter's value, which follows the parameter; gradients are added to the parameter's.
  public init(_ parameter: Parameter) {
    (content, isTracked) = (.parameter(parameter), true)
    (operands, pullback, depth) = ([], nil, 0)
  }

  /// Whether operations leave anything on the tape; where no gradient will be asked for, their
  /// operands need not be kept. Values are the same either way.
  @TaskLocal static var isRecording = true

  /// Runs what no gradient is wanted of, so that nothing is kept on the way.
  public static func withoutRecording<R>(_ body: () throws -> R) rethrows -> R {
    try $isRecording.withValue(false, operation: body)
  }

  /// What an operation computed from its operands; `ownsParameters` where the pullback has
  /// gradients to add even if no operand wants one.
  public init(
    _ value: Tensor, of operands: [Variable], ownsParameters: Bool = false,
    pullback: @escaping Pullback
  ) {
    content = .tensor(value)
    isTracked =
      Self.isRecording && (ownsParameters || operands.contains(where: \.isTracked))
    self.operands = isTracked ? operands : []
    self.pullback = isTracked ? pullback : nil
    depth = 1 + (operands.map(\.depth).max() ?? 0)
  }

  /// A number.
  public convenience init(_ number: Float) { self.init(Tensor([number], shape: [1, 1])) }

  private var shape: [Int] { parameter?.shape ?? value.shape }
  /// The product of all dimensions but the last.
  public var rows: Int { shape.dropLast().reduce(1, *) }
  /// The last dimension.
  public var columns: Int { shape[shape.count - 1] }

  /// The gradients of Σ d · self with respect to some variables, nil where there is none; and
  /// unless `addingToParameters` is false those of parameters are added to theirs.
  public func gradients(_ d: Tensor, of wanted: [Variable], addingToParameters: Bool = true)
    -> [Tensor?]
  {
    Self.gradients([(self, d)], of: wanted, addingToParameters: addingToParameters)
  }

  /// As above, of a sum over several outputs.
  public static func gradients(
    _ outputs: [(variable: Variable, d: Tensor)], of wanted: [Variable],
    addingToParameters: Bool = true
  ) -> [Tensor?] {
    var gradients: [ObjectIdentifier: Tensor] = [:]
    var waiting: [Int: [Variable]] = [:]  // by depth, each once
    func add(_ d: Tensor, to variable: Variable) {
      precondition(
        d.count == variable.value.count, "gradient \(d.shape) of \(variable.value.shape)")
      let key = ObjectIdentifier(variable)
      if let sum = gradients[key] {
        gradients[key] = sum.combined(.add, d.reshaped(sum.shape))
      } else {
        gradients[key] = d
        waiting[variable.depth, default: []].append(variable)
      }
    }
    for (variable, d) in outputs where variable.isTracked { add(d, to: variable) }
    let kept = Set(wanted.map(ObjectIdentifier.init))
    for depth in (0...(outputs.map(\.variable.depth).max() ?? 0)).reversed() {
      for variable in waiting.removeValue(forKey: depth) ?? [] {
        let key = ObjectIdentifier(variable)
        guard let d = gradients[key] else { continue }
        if !kept.contains(key) { gradients[key] = nil }  // its memory is free for the next
        if addingToParameters { variable.parameter?.accumulate(d) }
        guard let pullback = variable.pullback else { continue }
        for (operand, d) in zip(variable.operands, pullback(d, addingToParameters)) {
          if let d, operand.isTracked { add(d, to: operand) }
        }
      }
    }
    return wanted.map { gradients[ObjectIdentifier($0)] }
  }
}
