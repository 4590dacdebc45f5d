import Tensors

/// The uniform distribution on (0, 1) in every column: log p(z) = 0 inside, −∞ outside. z: [N, D].
public struct UniformBase: UnitIntervalBase {
  public let columns: Int

  /// D columns.
  public init(columns: Int) { self.columns = columns }

  public func logDensity(_ z: Variable) -> Variable {
    let (elements, d) = (z.value.elements, columns)
    let inside = (0..<z.rows).map { row -> Float in
      elements[row * d..<(row + 1) * d].allSatisfy { $0 >= 0 && $0 <= 1 } ? 0 : -.infinity
    }
    return Variable(Tensor(inside, shape: [z.rows, 1]))
  }

  /// The logistic distribution's.
  public func logDensity(logit y: Variable) -> Variable {
    BetaBase(columns: columns, a: 1, b: 1).logDensity(logit: y)
  }

  public func sample(_ rows: Range<Int>, seed: UInt64, temperature: Float) -> Tensor {
    // in the middles of the steps, so that neither 0 nor 1 is ever drawn
    let stream = RandomStream(seed: seed, .samples)
    let u = stream.uniform([rows.count, columns], from: rows.lowerBound * columns).elements
    return Tensor(u.map { min($0 + 0x1p-25, 1 - 0x1p-24) }, shape: [rows.count, columns])
  }
}
