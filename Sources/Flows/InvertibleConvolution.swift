import Foundation
import Tensors

/// The invertible 1×1 convolution: a matrix over the channels of every position, kept as its LU
/// factors so that it can't become singular and its log-determinant is a sum.
///
///     z = W x,  W = P · L · (U + diag(signDiagonal · exp(logDiagonal)))
///     log|det J| = H·W·Σ logDiagonal
///
/// x, z: [N, H, W, C]. L is unit lower, U strictly upper triangular, P[permutation[j], j] = 1; P
/// and the signs are fixed. Kingma & Dhariwal (2018), section 3.2 and equation 10.
public struct InvertibleConvolution: DoubleFlow {
  /// P as [C], L and U as [C, C], and U's diagonal as logarithms and signs, [C].
  public let permutation, lower, upper, logDiagonal, signDiagonal: Parameter
  private let kept = (weight: Cached<Tensor>(), inverse: Cached<Tensor>())

  /// A random rotation of this many channels.
  public init(channels c: Int, random: RandomStream) {
    let initial = Initial(size: c, random: random)
    permutation = Parameter(shape: [c], isTrained: false, constraint: .permutation) {
      Tensor(initial.factors.permutation.map(Float.init), shape: [c])
    }
    signDiagonal = Parameter(shape: [c], isTrained: false, constraint: .sign) {
      Tensor(initial.diagonal.map { $0 < 0 ? -1 : 1 }, shape: [c])
    }
    logDiagonal = Parameter(shape: [c]) {
      Tensor(initial.diagonal.map { Float(log(abs($0))) }, shape: [c])
    }
    lower = Parameter(shape: [c, c]) {
      let lower = initial.factors.lower
      return Self.tensor(SquareMatrix(size: c) { $1 < $0 ? lower[$0, $1] : 0 })
    }
    upper = Parameter(shape: [c, c]) {
      let upper = initial.factors.upper
      return Self.tensor(SquareMatrix(size: c) { $0 < $1 ? upper[$0, $1] : 0 })
    }
  }

  /// The factors of a random rotation, found when the first of them is asked for.
  private final class Initial {
    private let size: Int
    private let random: RandomStream

    init(size: Int, random: RandomStream) { (self.size, self.random) = (size, random) }

    lazy var factors = SquareMatrix.rotation(random.normal([size, size]).elements.map(Double.init))
      .decomposed()
    var diagonal: [Double] { (0..<size).map { factors.upper[$0, $0] } }
  }

  private var factors: (order: [Int], lower: SquareMatrix, upper: SquareMatrix) {
    let (c, l, u) = (logDiagonal.shape[0], lower.value.elements, upper.value.elements)
    let diagonal = zip(signDiagonal.value.elements, logDiagonal.value.elements)
      .map { Double($0) * exp(Double($1)) }
    return (
      permutation.value.elements.map { Int($0) },
      SquareMatrix(size: c) { $0 == $1 ? 1 : $1 < $0 ? Double(l[$0 * c + $1]) : 0 },
      SquareMatrix(size: c) { $0 == $1 ? diagonal[$0] : $0 < $1 ? Double(u[$0 * c + $1]) : 0 }
    )
  }

  /// P moves row j to row permutation[j]; the inverse order reads rows instead of moving them.
  private static func inverse(_ order: [Int]) -> [Int] {
    var inverse = order
    for (j, i) in order.enumerated() { inverse[i] = j }
    return inverse
  }

  private static func tensor(_ m: SquareMatrix) -> Tensor {
    Tensor(m.elements.map(Float.init), shape: [m.size, m.size])
  }

  private var parameters: [Parameter] { [permutation, lower, upper, logDiagonal, signDiagonal] }

  private var weight: Tensor {
    kept.weight.value(of: parameters) {
      let (order, l, u) = factors
      return Self.tensor((l * u).rows(Self.inverse(order)))
    }
  }

  /// (W⁻¹)ᵀ
  private var inverseWeight: Tensor {
    kept.inverse.value(of: parameters) {
      let (order, l, u) = factors
      return Self.tensor(Self.inverse(l, u).transposed.rows(Self.inverse(order)))
    }
  }

  public func forward(_ x: Tensor) -> (z: Tensor, logDet: [Double], saved: Tensor) {
    let total = logDiagonal.value.elements.reduce(0) { $0 + Double($1) } * Double(x.positions)
    let z = Tensor.product(x, weight, transposingB: true).reshaped(x.shape)
    return (z, Array(repeating: total, count: x.examples), x)
  }

  public func inverse(_ z: Tensor) -> Tensor {
    Tensor.product(z, inverseWeight).reshaped(z.shape)
  }

  public func forward(_ x: DoubleTensor) -> DoubleTensor {
    let (order, l, u) = factors
    return x.multiplied(by: (l * u).rows(Self.inverse(order)).elements)
  }

  public func inverse(_ z: DoubleTensor) -> DoubleTensor {
    let (order, l, u) = factors
    let inverse = Self.inverse(l, u).transposed.rows(Self.inverse(order)).transposed
    return z.multiplied(by: inverse.elements)
  }

  /// (L U)⁻¹ = W⁻¹ P; a lower triangle is inverted as its transpose.
  private static func inverse(_ l: SquareMatrix, _ u: SquareMatrix) -> SquareMatrix {
    u.invertedUpper * l.transposed.invertedUpper.transposed
  }

  /// ‖W‖·‖W⁻¹‖/C with the norm Σ w², 1 for a rotation.
  public var conditionNumber: Double? {
    let (_, l, u) = factors
    return (l * u).norm * Self.inverse(l, u).norm / Double(l.size)
  }

  public func restore(_ z: Tensor, _ trace: Void) -> (x: Tensor, saved: Tensor) {
    let x = inverse(z)
    return (x, x)
  }

  public func backward(_ x: Tensor, _ dz: Tensor, _ dLogDet: [Float]) -> Tensor {
    let (order, l, u) = factors
    let c = l.size
    let dWeight = Tensor.product(dz, transposingA: true, x).elements
    let d = Tensor(order.flatMap { dWeight[$0 * c..<($0 + 1) * c] }, shape: [c, c])  // Pᵀ dW
    let dLower = Tensor.product(d, Self.tensor(u), transposingB: true).elements
    let dUpper = Tensor.product(Self.tensor(l), transposingA: true, d).elements
    lower.accumulate((0..<c * c).map { $0 % c < $0 / c ? dLower[$0] : 0 })
    upper.accumulate((0..<c * c).map { $0 / c < $0 % c ? dUpper[$0] : 0 })
    let shared = dLogDet.reduce(0, +) * Float(x.positions)
    logDiagonal.accumulate((0..<c).map { dUpper[$0 * c + $0] * Float(u[$0, $0]) + shared })
    return Tensor.product(dz, weight).reshaped(x.shape)
  }

  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    body(path + ".permutation", permutation)
    body(path + ".lower", lower)
    body(path + ".upper", upper)
    body(path + ".sign_diagonal", signDiagonal)
    body(path + ".log_diagonal", logDiagonal)
  }
}
