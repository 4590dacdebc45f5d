import Foundation
import Tensors

/// The radial flow: a swelling or a hollow around one point.
///
///     z = x + β/(α + r)·(x − center)          r = ‖x − center‖, α = softplus(a), β = softplus(b) − α
///     log|det J| = (D−1)·log(1 + βh) + log(1 + βh − βrh²),  h = 1/(α + r)
///
/// x, z: [N, D]; center: [1, D]; a, b: [1, 1], or a row for each example. Rezende & Mohamed (2015),
/// section 4.1 and appendix A.2.
public struct Radial: TapedFlow {
  /// The point, [1, D] or [N, D], and what α and β are made of, [1, 1] or [N, 1].
  public let center, a, b: Variable

  /// A flow that is the identity but for its place.
  public init(columns d: Int, random: RandomStream) {
    self.init(
      center: .normal([1, d], deviation: 1, random), a: .zeros([1, 1]), b: .zeros([1, 1]))
  }

  /// A flow of these.
  public init(center: Variable, a: Variable, b: Variable) {
    (self.center, self.a, self.b) = (center, a, b)
  }

  public var coefficients: [(name: String, variable: Variable)] {
    [("center", center), ("a", a), ("b", b)]
  }

  public func forward(_ x: Variable) -> (z: Variable, logDet: Variable) {
    let (alpha, d) = (a.softplus(), x - center)
    let beta = b.softplus() - alpha
    // the root's slope at 0 is infinite; so far from it nothing else shows
    let r = (d.square().rowSums() + 1e-30).squareRoot()
    let h = (alpha + r).reciprocal()
    let swell = beta * h
    return (
      x + swell * d,
      Float(x.columns - 1) * swell.log1p() + (swell - swell * r * h).log1p()
    )
  }

  /// Closed form: with γ = ‖z − center‖ and s = α + β, r is the positive root of
  /// r² + (s − γ)r − αγ = 0.
  public func inverse(_ z: Tensor) -> Tensor {
    let d = Variable(z) - center
    let lengths = d.square().rowSums().value.elements
    let (alphas, betas) = (a.rowValues, b.rowValues)
    let factors = lengths.enumerated().map { row, square -> Float in
      let (a, s) = (Double(alphas(row)[0]), Double(betas(row)[0]))
      let (alpha, total, length) = (softplus(a), softplus(s), Double(square).squareRoot())
      let difference = total - length
      let root = (difference * difference + 4 * alpha * length).squareRoot()
      // of the two forms the one that subtracts nothing
      let r = difference > 0 ? 2 * alpha * length / (root + difference) : 0.5 * (root - difference)
      return Float((alpha + r) / (total + r))
    }
    return (center + d * Variable(Tensor(factors, shape: [z.rows, 1]))).value
  }

  private func softplus(_ x: Double) -> Double { max(x, 0) + Foundation.log1p(exp(-abs(x))) }
}
