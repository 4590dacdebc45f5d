import Tensors

/// What the directions of a Sylvester flow, the orthonormal columns of Q, [D, M], are made from:
/// one matrix of parameters for all examples, or one for each, its rows one behind the other.
public enum SylvesterBasis {
  /// Q from q, [D, M] or [N, D·M], M ≤ D: A ← A(I + ½(I − AᵀA)) from q/‖q‖ until ‖AᵀA − I‖ ≤ 1e-6.
  case orthogonal(Variable)
  /// Q = H_last ⋯ H₁, H = I − 2vvᵀ/vᵀv, v the rows of [reflections, D] or [N, reflections·D].
  case householder(Variable, reflections: Int)
  /// The identity, or the reversed order.
  case triangular(isFlipped: Bool)

  /// Q, as it is multiplied by.
  enum Matrix {
    /// [1 or N, D, M].
    case dense(Variable)
    /// A product of reflections at unit vectors, [N, D], the first H₁.
    case reflections([Variable])
    /// A permutation.
    case reversed(columns: Int)
    case identity

    /// Qᵀx, row by row, [N, M].
    func project(_ x: Variable) -> Variable {
      switch self {
      case .dense(let q): x.times(q)
      case .reflections(let all): all.reversed().reduce(x) { Self.reflect($0, $1) }
      case .reversed(let columns): x.columns((0..<Int32(columns)).reversed())
      case .identity: x
      }
    }

    /// Q s, row by row, [N, D].
    func lift(_ s: Variable) -> Variable {
      switch self {
      case .dense(let q): s.times(q, transposed: true)
      case .reflections(let all): all.reduce(s) { Self.reflect($0, $1) }
      case .reversed, .identity: project(s)
      }
    }

    /// (I − 2uuᵀ) x.
    private static func reflect(_ x: Variable, _ u: Variable) -> Variable {
      x - 2 * (x * u).rowSums() * u
    }
  }

  /// Q, for so many columns and directions.
  func matrix(columns d: Int, directions m: Int) -> Matrix {
    switch self {
    case .orthogonal(let q):
      return .dense(q.reshaped([q.rows * q.columns / (d * m), d * m]).orthonormalized(d, m))
    case .householder(let v, let count):
      let all = v.reshaped([v.rows * v.columns / (count * d), count * d])
      let reflections = (0..<count).map { i in
        let v = all.columns(i * d..<(i + 1) * d)
        return v / v.square().rowSums().squareRoot()
      }
      if all.rows > 1 { return .reflections(reflections) }
      // the same for all examples: once through the identity is cheaper
      let q = Matrix.reflections(reflections).project(Variable(.identity(d)))
      return .dense(q.reshaped([1, d, d]))
    case .triangular(let isFlipped): return isFlipped ? .reversed(columns: d) : .identity
    }
  }
}

extension Variable {
  /// Orthonormal columns that span what those of each row's matrix [d, m] do, [rows, d, m]; Björck
  /// & Bowie (1971), with its gradient through the iterations. All go on until the last one is
  /// done, so that the last bits of one may depend on the others.
  fileprivate func orthonormalized(_ d: Int, _ m: Int) -> Variable {
    let eye = Variable(Tensor.identity(m).reshaped([1, m * m]))
    var a = (self / square().rowSums().squareRoot()).reshaped([rows, d, m])
    for _ in 0..<100 {
      let gram = Variable.products(a, transposingA: true, a).reshaped([rows, m * m])
      let rest = eye - gram
      let most = rest.square().rowSums().value.elements.max() ?? 0
      if most <= 1e-12 { break }
      a = .products(a, (eye + 0.5 * rest).reshaped([rows, m, m]))
    }
    return a
  }
}

extension Tensor {
  /// The identity matrix.
  static func identity(_ n: Int) -> Tensor {
    Tensor((0..<n * n).map { $0 / n == $0 % n ? 1 : 0 }, shape: [n, n])
  }
}
