import Foundation
import Tensors

/// The Sylvester flow: M planar flows in one, along orthonormal directions.
///
///     z = x + Q R₁ tanh(R₂ Qᵀx + b)          log|det J| = Σ log(1 + tanh'·R₁ᵢᵢ R₂ᵢᵢ)
///
/// x, z: [N, D]. R₁ and R₂ are the strict upper triangles of d and dᵀ, [M, M], with the diagonals
/// tanh(diagonal1) and tanh(diagonal2), whose product stays above −1; b: [1, M]. Q, [D, M], has
/// orthonormal columns. Where another net gives them there is a row for each example: d [N, M·M],
/// diagonals and b [N, M]. Van den Berg et al. (2018), section 3.
public struct Sylvester: TapedFlow {
  /// The orthonormal columns of Q, [D, M].
  public let basis: SylvesterBasis
  /// What R₁ and R₂ are made of, [M, M] and [1, M], and b, [1, M]; or a row of each for each
  /// example.
  public let d, diagonal1, diagonal2, b: Variable

  /// A flow near the identity, with `directions` of an orthogonal basis or Householder vectors.
  public init(
    columns: Int, basis kind: String, directions: Int, isFlipped: Bool, random: RandomStream
  ) {
    let basis: SylvesterBasis
    var m = columns
    switch kind {
    case "orthogonal":
      m = min(columns, directions)
      basis = .orthogonal(.normal([columns, m], deviation: 1, random, from: 1 << 20))
    case "householder":
      basis = .householder(
        .normal([directions, columns], deviation: 1, random, from: 1 << 20),
        reflections: directions)
    default: basis = .triangular(isFlipped: isFlipped)
    }
    self.init(
      basis: basis, d: .normal([m, m], deviation: 0.01, random),
      diagonal1: .normal([1, m], deviation: 0.1, random, from: 2 << 20),
      diagonal2: .normal([1, m], deviation: 1, random, from: 3 << 20), b: .zeros([1, m]))
  }

  /// A flow of these.
  public init(
    basis: SylvesterBasis, d: Variable, diagonal1: Variable, diagonal2: Variable, b: Variable
  ) {
    (self.basis, self.d, self.b) = (basis, d, b)
    (self.diagonal1, self.diagonal2) = (diagonal1, diagonal2)
  }

  public var coefficients: [(name: String, variable: Variable)] {
    let own = [("d", d), ("diagonal1", diagonal1), ("diagonal2", diagonal2), ("b", b)]
    switch basis {
    case .orthogonal(let q): return [("q", q)] + own
    case .householder(let v, _): return [("v", v)] + own
    case .triangular: return own
    }
  }

  private var directions: Int { diagonal1.columns }

  /// d as rows, one for all examples or one for each.
  private var rowsOfD: Variable {
    let size = directions * directions
    return d.reshaped([d.rows * d.columns / size, size])
  }

  /// Of d the entries in a strict triangle, [1 or N, M, M].
  private func triangle(_ isInside: (_ row: Int, _ column: Int) -> Bool) -> Variable {
    let (m, d) = (directions, rowsOfD)
    let mask = (0..<m * m).map { Float(isInside($0 / m, $0 % m) ? 1 : 0) }
    return (d * Variable(Tensor(mask, shape: [1, m * m]))).reshaped([d.rows, m, m])
  }

  /// R₁ t, row by row.
  private func outer(_ t: Variable) -> Variable {
    t.times(triangle(<), transposed: true) + diagonal1.tanh() * t
  }

  /// R₂ v, row by row; the strict upper triangle of dᵀ is the lower one of d, transposed.
  private func inner(_ v: Variable) -> Variable {
    v.times(triangle(>)) + diagonal2.tanh() * v
  }

  public func forward(_ x: Variable) -> (z: Variable, logDet: Variable) {
    let q = basis.matrix(columns: x.columns, directions: directions)
    let t = (inner(q.project(x)) + b).tanh()
    let slope = (1 - t.square()) * (diagonal1.tanh() * diagonal2.tanh())
    return (x + q.lift(outer(t)), slope.log1p().rowSums())
  }

  /// From the last direction up, one root each: with v = Qᵀz and u = Qᵀx,
  /// u_i + R₁_ii tanh(R₂_ii u_i + b_i + Σ_{j>i} R₂_ij u_j) = v_i − Σ_{j>i} R₁_ij t_j.
  public func inverse(_ z: Tensor) -> Tensor {
    let (m, q) = (directions, basis.matrix(columns: z.channels, directions: directions))
    let v = q.project(Variable(z)).value.elements
    let (matrices, biases) = (rowsOfD.rowValues, b.rowValues)
    let (slopes1, slopes2) = (diagonal1.tanh().rowValues, diagonal2.tanh().rowValues)
    var all = [Float](repeating: 0, count: z.rows * m)
    for row in 0..<z.rows {
      let (d, bias, slope1, slope2) = (matrices(row), biases(row), slopes1(row), slopes2(row))
      var (u, t) = ([Double](repeating: 0, count: m), [Double](repeating: 0, count: m))
      for i in (0..<m).reversed() {
        var (target, c) = (Double(v[row * m + i]), Double(bias[i]))
        for j in i + 1..<max(m, i + 1) {
          target -= Double(d[i * m + j]) * t[j]
          c += Double(d[j * m + i]) * u[j]
        }
        let (a1, a2) = (Double(slope1[i]), Double(slope2[i]))
        u[i] = bracketedRoot(target - abs(a1), target + abs(a1)) { u in
          let t = tanh(a2 * u + c)
          return (u + a1 * t - target, 1 + a1 * a2 * (1 - t * t))
        }
        t[i] = tanh(a2 * u[i] + c)
        all[row * m + i] = Float(t[i])
      }
    }
    let step = q.lift(outer(Variable(Tensor(all, shape: [z.rows, m]))))
    return (Variable(z) - step).value
  }
}
