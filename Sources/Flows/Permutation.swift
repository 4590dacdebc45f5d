import Tensors

/// The columns in another order: z[:, i] = x[:, permutation[i]], with log-det 0.
public struct Permutation: TapedFlow {
  /// The order; stored, never trained.
  public let permutation: Parameter

  /// This order of 0..<count.
  public init(_ order: [Int]) {
    precondition(order.sorted() == Array(0..<order.count), "\(order) is no permutation")
    permutation = Parameter(
      Tensor(order.map(Float.init), shape: [order.count]), isTrained: false,
      constraint: .permutation)
  }

  /// A random order, or the reversed one, of the columns behind the first `context`.
  public init(columns: Int, context: Int = 0, random: RandomStream?) {
    let order = random?.permutation(columns) ?? (0..<columns).reversed()
    self.init(Array(0..<context) + order.map { context + $0 })
  }

  private var order: [Int32] { permutation.value.elements.map { Int32($0) } }

  public func forward(_ x: Variable) -> (z: Variable, logDet: Variable) {
    (x.columns(order), Variable(0))
  }

  public func inverse(_ z: Tensor) -> Tensor {
    z.scatteringColumns(order, into: z.channels)
  }

  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    body(path + ".permutation", permutation)
  }
}
