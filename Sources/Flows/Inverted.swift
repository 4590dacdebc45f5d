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
/// so that they need no tape through the inverse.
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
    let through = saved.gradient(
      Tensor(repeating: 0, shape: [n, d]), negative, addingToParameters: false)
    let dx = flow.solveTransposed(saved, (Variable(dz) + Variable(through)).value)
    let negated = Tensor(dx.elements.map { -$0 }, shape: [n, d])
    _ = saved.gradient(negated, negative)
    return dx
  }

  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    flow.visitParameters(path, body)
  }
}

extension TapedFlow {
  public func solveTransposed(_ saved: Recording, _ target: Tensor) -> Tensor {
    solveDense(saved, target)
  }

  /// By D passes back for the whole Jacobian, and its LU decomposition in double.
  func solveDense(_ saved: Recording, _ target: Tensor) -> Tensor {
    let (n, d) = (target.rows, target.channels)
    // row i of each example's Jacobian is what a gradient of 1 at output i becomes
    let rows = (0..<d).map { i in saved.product(.unit(i, rows: n, columns: d)).elements }
    let t = target.elements.map(Double.init)
    var v: [Float] = []
    for example in 0..<n {
      let own = example * d..<(example + 1) * d
      let transposed = SquareMatrix(size: d) { Double(rows[$1][own.lowerBound + $0]) }
      v += transposed.solve(Array(t[own])).map(Float.init)
    }
    return Tensor(v, shape: [n, d])
  }

  /// Where J is triangular, with this diagonal, [N, D]:
  ///
  ///     v ← v + (t − Jᵀv)/diag J,  from t/diag J
  ///
  /// until nothing moves. Each pass back makes another entry of v exact, from the last to the first, so
  /// that D are enough; where columns depend little on each other a few are.
  func solveTriangular(_ saved: Recording, _ target: Tensor, diagonal: Tensor) -> Tensor {
    let (n, d) = (target.rows, target.channels)
    let (t, scale) = (target.elements, diagonal.elements)
    var v = zip(t, scale).map { $0 / $1 }
    for _ in 0...d + 1 {
      let product = saved.product(Tensor(v, shape: [n, d])).elements
      var hasMoved = false
      for row in 0..<n {
        var (most, size): (Float, Float) = (0, 0)
        for i in row * d..<(row + 1) * d {
          let step = (t[i] - product[i]) / scale[i]
          v[i] += step
          most = max(most, abs(step))
          size = max(size, abs(v[i]))
        }
        hasMoved = hasMoved || !(most <= 1e-6 * size)
      }
      if !hasMoved { return Tensor(v, shape: [n, d]) }
    }
    // what grew on the way has left its rounding behind
    return solveDense(saved, target)
  }
}

extension Recording {
  /// vᵀ∂z/∂x of each example.
  fileprivate func product(_ v: Tensor) -> Tensor {
    gradient(v, Array(repeating: 0, count: v.rows), addingToParameters: false)
  }
}

extension Tensor {
  /// Rows of zeros but for a 1 in one column.
  fileprivate static func unit(_ column: Int, rows: Int, columns: Int) -> Tensor {
    Tensor((0..<rows * columns).map { $0 % columns == column ? 1 : 0 }, shape: [rows, columns])
  }
}
