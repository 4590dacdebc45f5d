import Tensors

/// A flow turned round: its forward is the other's inverse.
///
///     z = f⁻¹(x)          log|det J| = −log|det ∂f/∂z| at z
///
/// A MAF turned round is IAF (Kingma et al. 2016), whose sampling is the one pass; a planar flow turned
/// round is the posterior of Rezende & Mohamed (2015). Gradients are implicit: with f(z) = x held,
///
///     dx = (∂f/∂z)⁻ᵀ (dz − dL·∇_z log|det|),  dθ = −dxᵀ ∂f/∂θ − dL ∂log|det|/∂θ
///
/// so that they need no tape through the inverse; the Jacobian is taken by D passes back.
public struct Inverted<Turned: TapedFlow>: Flow {
  public let flow: Turned

  /// This flow turned round.
  public init(_ flow: Turned) { self.flow = flow }

  public func forward(_ x: Tensor) -> (z: Tensor, logDet: [Double], saved: Recording) {
    let (z, saved) = flow.restore(x, ())
    let terms = saved.logDet.value.elements.map { -Double($0) }
    return (z, terms.count == 1 ? Array(repeating: terms[0], count: x.rows) : terms, saved)
  }

  public func inverse(_ z: Tensor) -> Tensor { flow.forward(z).z }

  public func restore(_ z: Tensor, _ trace: Void) -> (x: Tensor, saved: Recording) {
    let (x, _, saved) = flow.forward(z)
    return (x, saved)
  }

  public func backward(_ saved: Recording, _ dz: Tensor, _ dLogDet: [Float]) -> Tensor {
    let (n, d) = (dz.rows, dz.channels)
    let negative = dLogDet.map { -$0 }
    let zeros = [Float](repeating: 0, count: n)
    let through = saved.gradient(
      Tensor(repeating: 0, shape: [n, d]), negative, addingToParameters: false)
    let target = zip(dz.elements, through.elements).map { Double($0) + Double($1) }
    // row i of each example's Jacobian is what a gradient of 1 at output i becomes
    let rows = (0..<d).map { i in
      saved.gradient(.unit(i, rows: n, columns: d), zeros, addingToParameters: false)
        .elements
    }
    var dx = [Float](repeating: 0, count: n * d)
    for example in 0..<n {
      let transposed = SquareMatrix(size: d) { Double(rows[$1][example * d + $0]) }
      let solved = transposed.solve(Array(target[example * d..<(example + 1) * d]))
      for c in 0..<d { dx[example * d + c] = Float(solved[c]) }
    }
    let negated = Tensor(dx.map { -$0 }, shape: [n, d])
    _ = saved.gradient(negated, negative)
    return Tensor(dx, shape: [n, d])
  }

  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    flow.visitParameters(path, body)
  }
}

extension Tensor {
  /// Rows of zeros but for a 1 in one column.
  fileprivate static func unit(_ column: Int, rows: Int, columns: Int) -> Tensor {
    Tensor((0..<rows * columns).map { $0 % columns == column ? 1 : 0 }, shape: [rows, columns])
  }
}
