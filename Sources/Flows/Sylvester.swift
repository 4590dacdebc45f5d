import Foundation
import Tensors

/// The Sylvester flow: M planar flows in one, along orthonormal directions.
///
///     z = x + Q R₁ tanh(R₂ Qᵀx + b)          log|det J| = Σ log(1 + tanh'·R₁ᵢᵢ R₂ᵢᵢ)
///
/// x, z: [N, D]. R₁ and R₂ are the strict upper triangles of d and dᵀ, [M, M], with the diagonals
/// tanh(diagonal1) and tanh(diagonal2), whose product stays above −1; b: [1, M]. Q, [D, M], has
/// orthonormal columns. Van den Berg et al. (2018), section 3.
public struct Sylvester: TapedFlow {
  /// What makes Q orthonormal.
  public enum Basis {
    /// Q from q, [D, M], M ≤ D: A ← A(I + ½(I − AᵀA)) from q/‖q‖ until ‖AᵀA − I‖ ≤ 1e-6.
    case orthogonal(Variable)
    /// Q = H_last ⋯ H₁, H = I − 2vvᵀ/vᵀv, v the rows of a matrix [count, D].
    case householder(Variable)
    /// The identity, or the reversed order.
    case triangular(isFlipped: Bool)
  }

  public let basis: Basis
  public let d, diagonal1, diagonal2, b: Variable

  /// A flow near the identity, with `directions` of an orthogonal basis or Householder vectors.
  public init(
    columns: Int, basis kind: String, directions: Int, isFlipped: Bool, random: RandomStream
  ) {
    let basis: Basis
    var m = columns
    switch kind {
    case "orthogonal":
      m = min(columns, directions)
      basis = .orthogonal(.normal([columns, m], deviation: 1, random, from: 1 << 20))
    case "householder":
      basis = .householder(.normal([directions, columns], deviation: 1, random, from: 1 << 20))
    default: basis = .triangular(isFlipped: isFlipped)
    }
    self.init(
      basis: basis, d: .normal([m, m], deviation: 0.01, random),
      diagonal1: .normal([1, m], deviation: 0.1, random, from: 2 << 20),
      diagonal2: .normal([1, m], deviation: 1, random, from: 3 << 20), b: .zeros([1, m]))
  }

  /// A flow of these.
  public init(basis: Basis, d: Variable, diagonal1: Variable, diagonal2: Variable, b: Variable) {
    (self.basis, self.d, self.b) = (basis, d, b)
    (self.diagonal1, self.diagonal2) = (diagonal1, diagonal2)
  }

  public var coefficients: [(name: String, variable: Variable)] {
    let own = [("d", d), ("diagonal1", diagonal1), ("diagonal2", diagonal2), ("b", b)]
    switch basis {
    case .orthogonal(let q): return [("q", q)] + own
    case .householder(let v): return [("v", v)] + own
    case .triangular: return own
    }
  }

  /// Q, [D, M].
  private var q: Variable {
    switch basis {
    case .orthogonal(let q): q.orthonormalized()
    case .householder(let v): v.reflections()
    case .triangular(let isFlipped): Variable(.identity(d.rows, isFlipped: isFlipped))
    }
  }

  private var triangles: (r1: Variable, r2: Variable) {
    let m = d.rows
    let upper = Variable(Tensor((0..<m * m).map { $0 / m < $0 % m ? 1 : 0 }, shape: [m, m]))
    let eye = Variable(Tensor.identity(m))
    return (
      upper * d + eye * diagonal1.tanh(), upper * d.transposed() + eye * diagonal2.tanh()
    )
  }

  public func forward(_ x: Variable) -> (z: Variable, logDet: Variable) {
    let (q, (r1, r2)) = (q, triangles)
    let inner = Variable.product(.product(x, q), r2, transposingB: true)
    let t = (inner + b).tanh()
    let step = Variable.product(.product(t, r1, transposingB: true), q, transposingB: true)
    let slope = (1 - t.square()) * (diagonal1.tanh() * diagonal2.tanh())
    return (x + step, slope.log1p().rowSums())
  }

  /// From the last direction up, one root each: with v = Qᵀz and u = Qᵀx,
  /// u_i + R₁_ii tanh(R₂_ii u_i + b_i + Σ_{j>i} R₂_ij u_j) = v_i − Σ_{j>i} R₁_ij t_j.
  public func inverse(_ z: Tensor) -> Tensor {
    let (q, (r1, r2), m) = (q, triangles, d.rows)
    let v = Variable.product(Variable(z), q).value.elements
    let (upper1, upper2) = (r1.value.elements.map(Double.init), r2.value.elements.map(Double.init))
    let bias = b.value.elements.map(Double.init)
    var all = [Float](repeating: 0, count: z.rows * m)
    for row in 0..<z.rows {
      var (u, t) = ([Double](repeating: 0, count: m), [Double](repeating: 0, count: m))
      for i in (0..<m).reversed() {
        var (target, c) = (Double(v[row * m + i]), bias[i])
        for j in i + 1..<max(m, i + 1) {
          target -= upper1[i * m + j] * t[j]
          c += upper2[i * m + j] * u[j]
        }
        let (a1, a2) = (upper1[i * m + i], upper2[i * m + i])
        u[i] = bracketedRoot(target - abs(a1), target + abs(a1)) { u in
          let t = tanh(a2 * u + c)
          return (u + a1 * t - target, 1 + a1 * a2 * (1 - t * t))
        }
        t[i] = tanh(a2 * u[i] + c)
        all[row * m + i] = Float(t[i])
      }
    }
    let t = Variable(Tensor(all, shape: [z.rows, m]))
    let step = Variable.product(.product(t, r1, transposingB: true), q, transposingB: true)
    return (Variable(z) - step).value
  }
}

extension Variable {
  /// Orthonormal columns that span what these do; Björck & Bowie (1971), with its gradient through
  /// the iterations.
  func orthonormalized() -> Variable {
    let eye = Variable(Tensor.identity(columns))
    var a = self / square().rowSums().columnSums().squareRoot()
    for _ in 0..<100 {
      let rest = eye - Variable.product(a, transposingA: true, a)
      if rest.value.sumOfSquares <= 1e-12 { break }
      a = Variable.product(a, eye + 0.5 * rest)
    }
    return a
  }

  /// H_last ⋯ H₁ of the reflections at these rows, [columns, columns].
  func reflections() -> Variable {
    let (count, d) = (rows, columns)
    let all = reshaped([1, count * d])
    return (0..<count).reduce(Variable(Tensor.identity(d))) { q, i in
      let v = all.columns(i * d..<(i + 1) * d)
      let along = Variable.product(v, q)  // vᵀQ
      return q - Variable.product(v, transposingA: true, along) * 2 / v.square().rowSums()
    }
  }
}

extension Tensor {
  /// The identity matrix, or its rows in the reversed order.
  static func identity(_ n: Int, isFlipped: Bool = false) -> Tensor {
    Tensor(
      (0..<n * n).map { (isFlipped ? n - 1 - $0 / n : $0 / n) == $0 % n ? 1 : 0 }, shape: [n, n])
  }
}
