import Foundation
import Tensors

/// The planar flow: a bend along one direction.
///
///     z = x + û tanh(wᵀx + b)          û = u + (softplus(−wᵀu) − 1)·w/‖w‖²
///     log|det J| = log(1 + ûᵀw·(1 − tanh²))
///
/// x, z: [N, D]; u, w: [1, D], b: [1, 1], or a row for each example. û keeps ûᵀw above −1, so that
/// the map can be inverted. Rezende & Mohamed (2015), section 4.1 and appendix A.1.
public struct Planar: TapedFlow {
  /// u and w, [1, D] or [N, D], and b, [1, 1] or [N, 1].
  public let u, w, b: Variable

  /// A flow near the identity: w is of length 1, and u is w·log(e − 1), where ûᵀw is 0, and a
  /// little more. From u near 0 on, each flow would take 0.3 off its direction, and many of them a
  /// mode.
  public init(columns d: Int, random: RandomStream) {
    func direction() -> [Float] {
      let noise = random.normal([1, d], from: 1 << 20).elements
      let length = noise.reduce(Float.leastNormalMagnitude) { $0 + $1 * $1 }.squareRoot()
      return noise.map { $0 / length }
    }
    let u = Parameter(shape: [1, d]) {
      let noise = random.normal([1, d]).elements
      let start = log(exp(Float(1)) - 1)
      return Tensor(zip(noise, direction()).map { 0.1 * $0 + start * $1 }, shape: [1, d])
    }
    let w = Parameter(shape: [1, d]) { Tensor(direction(), shape: [1, d]) }
    self.init(u: Variable(u), w: Variable(w), b: .zeros([1, 1]))
  }

  /// A flow of these.
  public init(u: Variable, w: Variable, b: Variable) { (self.u, self.w, self.b) = (u, w, b) }

  public var coefficients: [(name: String, variable: Variable)] {
    [("u", u), ("w", w), ("b", b)]
  }

  /// û
  private var constrained: Variable {
    let dot = (u * w).rowSums()
    return u + ((-dot).softplus() - 1) * w / w.square().rowSums()
  }

  public func forward(_ x: Variable) -> (z: Variable, logDet: Variable) {
    let bend = constrained
    let t = ((x * w).rowSums() + b).tanh()
    return (x + bend * t, ((bend * w).rowSums() * (1 - t.square())).log1p())
  }

  /// One root a row: α + ûᵀw tanh(α + b) = wᵀz, then x = z − û tanh(α + b).
  public func inverse(_ z: Tensor) -> Tensor {
    let bend = constrained
    let (dots, biases) = ((bend * w).rowSums().rowValues, b.rowValues)
    let target = (Variable(z) * w).rowSums().value.elements
    let t = target.enumerated().map { row, target -> Float in
      let (a, b) = (Double(dots(row)[0]), Double(biases(row)[0]))
      let along = bracketedRoot(Double(target) - abs(a), Double(target) + abs(a)) { along in
        let t = tanh(along + b)
        return (along + a * t - Double(target), 1 + a * (1 - t * t))
      }
      return Float(tanh(along + b))
    }
    return (Variable(z) - bend * Variable(Tensor(t, shape: [z.rows, 1]))).value
  }
}
