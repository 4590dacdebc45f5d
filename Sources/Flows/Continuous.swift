import Tensors

/// The continuous flow: x moves along a field that a net gives.
///
///     dx/dt = net(x, t), t from 0 to 1          log|det J| = ∫ tr ∂net/∂x dt
///
/// x, z: [N, D]; the net has tanh layers, its first seeing t as a last input. The trace is exact up
/// to `mostExact` columns; beyond, it is estimated by one random vector of signs a row, held over
/// the solve (Hutchinson), so that a log-det is then right in the mean only. The solver keeps each
/// row's error within `tolerance`. Chen et al. (2018); Grathwohl et al. (2019).
public struct Continuous: TapedFlow {
  /// Columns up to which the trace is exact.
  public static let mostExact = 16

  /// What a step may be off by, relative and absolute.
  public let tolerance: Double
  private let weights, biases: [Variable]
  private let random: RandomStream
  private let count = Count()

  /// How often the net was asked in the last solve.
  public var evaluations: Int { count.value }

  private final class Count { var value = 0 }

  /// A field that is nearly still.
  public init(columns d: Int, hidden: [Int], tolerance: Double = 1e-5, random: RandomStream) {
    let sizes = [d + 1] + hidden + [d]
    let weights = hidden.indices.map { i in
      Variable(
        Parameter.uniform([sizes[i + 1], sizes[i]], fanIn: sizes[i], random, from: i << 28))
    }
    let last = Variable.normal([d, sizes[hidden.count]], deviation: 0.01, random, from: 1 << 36)
    self.init(
      weights: weights + [last], biases: sizes.dropFirst().map { .zeros([1, $0]) },
      tolerance: tolerance, random: random)
  }

  /// A net of these layers.
  public init(
    weights: [Variable], biases: [Variable], tolerance: Double = 1e-5, random: RandomStream
  ) {
    precondition(weights.count >= 2 && weights.count == biases.count)
    (self.weights, self.biases, self.tolerance) = (weights, biases, tolerance)
    self.random = RandomStream(seed: random.seed, .trace)
  }

  public var coefficients: [(name: String, variable: Variable)] {
    weights.indices.flatMap {
      [("layer\($0 + 1).weight", weights[$0]), ("layer\($0 + 1).bias", biases[$0])]
    }
  }

  public func forward(_ x: Variable) -> (z: Variable, logDet: Variable) {
    let still = Variable(Tensor(repeating: 0, shape: [x.rows, 1]))
    let signs = x.columns > Self.mostExact ? signs(x.value.shape) : nil
    let solver = DormandPrince(tolerance: tolerance)
    let (state, evaluations) = solver.solve([x, still], from: 0, to: 1) { state, t in
      let (slope, hidden) = field(state[0], t)
      return [slope, trace(hidden, columns: x.columns, signs)]
    }
    count.value = evaluations
    return (state[0], state[1])
  }

  public func inverse(_ z: Tensor) -> Tensor {
    let solver = DormandPrince(tolerance: tolerance)
    let (state, evaluations) = solver.solve([Variable(z)], from: 1, to: 0) { state, t in
      [field(state[0], t).slope]
    }
    count.value = evaluations
    return state[0].value
  }

  private func field(_ x: Variable, _ t: Double) -> (slope: Variable, hidden: [Variable]) {
    let time = Variable(Tensor(repeating: Float(t), shape: [x.rows, 1]))
    var (a, hidden) = (Variable.concatenated([x, time]), [Variable]())
    for (i, (weight, bias)) in zip(weights, biases).enumerated() {
      a = Variable.product(a, weight, transposingB: true) + bias
      if i < weights.count - 1 {
        a = a.tanh()
        hidden.append(a)
      }
    }
    return (a, hidden)
  }

  /// tr ∂net/∂x, [N, 1]: directions of x are carried through the layers, all unit ones or the
  /// signs.
  private func trace(_ hidden: [Variable], columns d: Int, _ signs: Variable?) -> Variable {
    let n = hidden[0].rows
    let (first, last) = (weights[0].columns(0..<d), weights[weights.count - 1])
    let slopes = hidden.map { 1 - $0.square() }
    // rows are examples, or each example's D directions one after the other
    func each(_ v: Variable) -> Variable {
      signs != nil ? v : Variable.concatenated(Array(repeating: v, count: d)).rows(n * d)
    }
    func shared(_ m: Variable) -> Variable {
      m.reshaped([1, d * m.columns]).repeated(n).rows(n * d)
    }
    var tangent =
      signs.map { .product($0, first, transposingB: true) } ?? shared(first.transposed())
    tangent = tangent * each(slopes[0])
    for (weight, slope) in zip(weights.dropFirst().dropLast(), slopes.dropFirst()) {
      tangent = Variable.product(tangent, weight, transposingB: true) * each(slope)
    }
    if let signs {
      return (Variable.product(tangent, last, transposingB: true) * signs).rowSums()
    }
    return (tangent * shared(last)).rowSums().reshaped([n, d]).rowSums()
  }

  private func signs(_ shape: [Int]) -> Variable {
    Variable(Tensor(random.uniform(shape).elements.map { $0 < 0.5 ? -1 : 1 }, shape: shape))
  }
}

extension Variable {
  /// The same elements in so many rows.
  fileprivate func rows(_ rows: Int) -> Variable {
    reshaped([rows, value.count / rows])
  }
}
