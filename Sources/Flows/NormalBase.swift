import Tensors

/// Independent Gaussians, N(0, 1) or with learned means and scales.
///
///     log p(z) = −½ Σ ((z − mean)/e^logScale)² − Σ logScale − D/2·log 2π
///
/// z: [N, D]; mean, logScale: [1, D], or [classes, D].
public struct NormalBase: BaseDistribution {
  public let columns: Int
  private let learned: (mean: Variable, logScale: Variable)?

  /// N(0, I), or a Gaussian that starts there and is learned, for each class where there are any.
  public init(columns: Int, isLearned: Bool = false, classes: Int = 1) {
    let shape = [classes, columns]
    self.init(columns, isLearned ? (.zeros(shape), .zeros(shape)) : nil)
  }

  private init(_ columns: Int, _ learned: (mean: Variable, logScale: Variable)?) {
    (self.columns, self.learned) = (columns, learned)
  }

  public func ofClasses(_ classes: Tensor) -> any BaseDistribution {
    let classes = Variable(classes)
    return NormalBase(
      columns, learned.map { (.product(classes, $0.mean), .product(classes, $0.logScale)) })
  }

  public var coefficients: [(name: String, variable: Variable)] {
    learned.map { [("mean", $0.mean), ("log_scale", $0.logScale)] } ?? []
  }

  public func logDensity(_ z: Variable) -> Variable {
    let constant = Float(columns) * halfLogTwoPi
    guard let (mean, logScale) = learned else {
      return -0.5 * z.square().rowSums() - constant
    }
    let e = (z - mean) * (-logScale).exp()
    return -0.5 * e.square().rowSums() - logScale.rowSums() - constant
  }

  public func sample(_ rows: Range<Int>, seed: UInt64, temperature: Float) -> Tensor {
    let noise = Variable(noise(rows, seed: seed)) * temperature
    return (learned.map { noise * $0.logScale.exp() + $0.mean } ?? noise).value
  }
}
