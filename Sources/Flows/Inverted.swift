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
    let negative = dLogDet.map { -$0 }
    let none = Tensor(repeating: 0, shape: dz.shape)
    let through = saved.gradient(none, negative, addingToParameters: false)
    let dx = flow.solveTransposed(saved, (Variable(dz) + Variable(through)).value)
    _ = saved.gradient((-Variable(dx)).value, negative)
    return dx
  }

  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    flow.visitParameters(path, body)
  }
}

extension TapedFlow {
  public func solveTransposed(_ saved: Recording, _ target: Tensor) -> Tensor {
    target.solvedTransposed { saved.product($0) }
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
    return target.solvedTransposed { saved.product($0) }
  }
}

extension Recording {
  /// vᵀ∂z/∂x of each example.
  fileprivate func product(_ v: Tensor) -> Tensor {
    gradient(v, Array(repeating: 0, count: v.rows), addingToParameters: false)
  }
}
