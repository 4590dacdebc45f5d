import Foundation
import Tensors

/// A triangular linear map, set from the first batch so that its output has mean 0 and covariance
/// I: with the base N(0, I) behind it, the Gaussian of the data's mean and covariance.
///
///     z = A x + b,  A = lower + diag(exp logDiagonal)          log|det J| = Σ logDiagonal
///
/// x, z: [N, D]; lower: [D, D], strictly lower triangular; logDiagonal, b: [1, D].
public struct Whitening: TapedFlow {
  /// A below its diagonal, [D, D], the logarithm of that, and b, [1, D].
  public let lower, logDiagonal, b: Variable

  /// The identity, until `initialize`.
  public init(columns d: Int) {
    (lower, logDiagonal, b) = (.zeros([d, d]), .zeros([1, d]), .zeros([1, d]))
    for variable in [lower, logDiagonal, b] { variable.parameter?.decays = false }
  }

  public var coefficients: [(name: String, variable: Variable)] {
    [("lower", lower), ("log_diagonal", logDiagonal), ("b", b)]
  }

  private var matrix: Variable {
    let d = lower.columns
    let below = Variable(Tensor((0..<d * d).map { $0 % d < $0 / d ? 1 : 0 }, shape: [d, d]))
    return below * lower + Variable(.identity(d)) * logDiagonal.exp()
  }

  public func forward(_ x: Variable) -> (z: Variable, logDet: Variable) {
    (.product(x, matrix, transposingB: true) + b, logDiagonal.rowSums())
  }

  /// By forward substitution, in double.
  public func inverse(_ z: Tensor) -> Tensor {
    let d = lower.columns
    let a = SquareMatrix(matrix.value)
    let inverse = a.transposed.invertedUpper
    return Variable.product(
      Variable(z) - b, Variable(Tensor(inverse.elements.map(Float.init), shape: [d, d]))
    ).value
  }

  /// A = C⁻¹ with C Cᵀ the covariance, its variances raised by a thousandth of their mean, or by
  /// what so few rows say less about: a share of D/N, at most 1/10.
  public func initialize(from x: Tensor) -> Tensor {
    let (n, d) = (x.rows, lower.columns)
    let mean = x.columnSums().map { $0 / Double(n) }
    let center = Variable(Tensor(mean.map(Float.init), shape: [1, d]))
    let centered = (Variable(x) - center).value
    let products = Tensor.product(centered, transposingA: true, centered).elements
    var covariance = SquareMatrix(size: d) { Double(products[$0 * d + $1]) / Double(n) }
    let variance = (0..<d).reduce(0) { $0 + covariance[$1, $1] } / Double(d)
    let share = min(0.1, max(1e-5, 0.1 * Double(d) / Double(n)))
    for i in 0..<d { covariance[i, i] += share * max(variance, 1e-12) }
    let whitening = covariance.choleskyFactor.transposed.invertedUpper.transposed
    lower.parameter?.set(
      (0..<d * d).map { $0 % d < $0 / d ? Float(whitening[$0 / d, $0 % d]) : 0 })
    logDiagonal.parameter?.set((0..<d).map { Float(log(whitening[$0, $0])) })
    b.parameter?.set(
      (0..<d).map { i in Float(-(0..<d).reduce(0) { $0 + whitening[i, $1] * mean[$1] }) })
    return forward(x).z
  }
}

extension SquareMatrix {
  fileprivate init(_ matrix: Tensor) {
    let (elements, n) = (matrix.elements, matrix.channels)
    self.init(size: n) { Double(elements[$0 * n + $1]) }
  }

  /// C, lower triangular, with C Cᵀ = self, which is symmetric and positive.
  fileprivate var choleskyFactor: SquareMatrix {
    var c = SquareMatrix(size: size)
    for i in 0..<size {
      for j in 0...i {
        let rest = (0..<j).reduce(self[i, j]) { $0 - c[i, $1] * c[j, $1] }
        c[i, j] = i == j ? max(rest, 1e-12).squareRoot() : rest / c[j, j]
      }
    }
    return c
  }
}
