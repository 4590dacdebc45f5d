import Tensors

/// A rotation, as a product of reflections.
///
///     z = x Qᵀ,  Q = H_last ⋯ H₁, H = I − 2vvᵀ/vᵀv          log|det J| = 0
///
/// x, z: [N, D]; v: the rows of [count, D]. Tomczak & Welling (2016), section 3.
public struct HouseholderRotation: TapedFlow {
  /// The reflections' directions, [count, D].
  public let v: Variable

  /// So many reflections, at random.
  public init(columns: Int, reflections: Int, random: RandomStream) {
    v = .normal([reflections, columns], deviation: 1, random)
  }

  public var coefficients: [(name: String, variable: Variable)] { [("v", v)] }

  private var q: SylvesterBasis.Matrix {
    SylvesterBasis.householder(v, reflections: v.rows)
      .matrix(columns: v.columns, directions: v.columns)
  }

  public func forward(_ x: Variable) -> (z: Variable, logDet: Variable) {
    (q.lift(x), Variable(0))
  }

  public func inverse(_ z: Tensor) -> Tensor {
    q.project(Variable(z)).value
  }
}
