import Tensors

/// A flow turned round: its forward is the other's inverse.
///
///     z = f⁻¹(x)          log|det J| = −log|det ∂f/∂z| at z
///
/// A MAF turned round is IAF (Kingma et al. 2016), whose sampling is the one pass; a planar flow
/// turned round is the posterior of Rezende & Mohamed (2015). Gradients are implicit: with f(z) = x
/// held,
///
///     dx = (∂f/∂z)⁻ᵀ (dz − dL·∇_z log|det|),  dθ = −dxᵀ ∂f/∂θ − dL ∂log|det|/∂θ
///
/// so that they need no tape through the inverse.
public struct Inverted<Turned: TapedFlow>: Flow {
  /// The flow f whose inverse is forward here.
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
  /// until nothing moves. Each pass back makes another entry of v exact, from the last to the
  /// first, so that D are enough, and two more wash out the rounding of what grew on the way; where
  /// columns depend little on each other a few are. With strong dependence steps never get as small
  /// as that, and after D passes v is taken once Jᵀv is the target but for rounding.
  func solveTriangular(_ saved: Recording, _ target: Tensor, diagonal: Tensor) -> Tensor {
    let (n, d) = (target.rows, target.channels)
    let (t, scale) = (target.elements, diagonal.elements)
    var v = zip(t, scale).map { $0 / $1 }
    for pass in 1...d + 2 {
      let product = saved.product(Tensor(v, shape: [n, d])).elements
      var next = v
      var (isStill, isSolved) = (true, pass >= d)
      for row in 0..<n {
        var (step, size, residual, terms): (Float, Float, Float, Float) = (0, 0, 0, 0)
        for i in row * d..<(row + 1) * d {
          let off = t[i] - product[i]
          next[i] += off / scale[i]
          step = max(step, abs(off / scale[i]))
          size = max(size, abs(next[i]))
          residual = max(residual, abs(off))
          terms = max(terms, abs(t[i]), abs(scale[i] * v[i]))
        }
        isStill = isStill && step <= 1e-6 * size
        isSolved = isSolved && residual <= 1e-5 * terms
      }
      if isSolved { return Tensor(v, shape: [n, d]) }
      v = next
      if isStill { return Tensor(v, shape: [n, d]) }
    }
    // the rounding was too much
    return target.solvedTransposed { saved.product($0) }
  }
}

extension Recording {
  /// vᵀ∂z/∂x of each example.
  fileprivate func product(_ v: Tensor) -> Tensor {
    gradient(v, Array(repeating: 0, count: v.rows), addingToParameters: false)
  }
}
