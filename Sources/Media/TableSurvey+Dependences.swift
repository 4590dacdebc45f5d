extension TableSurvey {
  private static let mostCompared = 256

  /// Gram and Schmidt's way through some of the rows finds what may be a sum of earlier columns;
  /// then all rows are looked at.
  static func dependences(in table: Table, _ columns: [Column], apartFrom copies: Set<Int>)
    -> [Dependence]
  {
    let usable = columns.indices.filter { j in
      let facts = columns[j]
      return facts.minimum < facts.maximum && facts.standardDeviation.isFinite
        && !copies.contains(j)
    }.prefix(mostCompared)
    let count = min(table.rows, usable.count + 64)
    // any so many rows are in a plane
    guard usable.count > 2, count > usable.count + 1 else { return [] }

    var basis: [(column: Int, direction: [Double], upper: [Double])] = []
    return usable.compactMap { j in
      let facts = columns[j]
      var rest = (0..<count).map { k in
        let value = table.values[k * table.rows / count * columns.count + j]
        return (value - facts.mean) / facts.standardDeviation
      }
      let size = norm(rest)
      guard size > 0 else { return nil }
      let upper = basis.map { subtract($0.direction, from: &rest) }
      let left = norm(rest)
      guard left <= 1e-6 * size else {
        for k in rest.indices { rest[k] /= left }
        basis.append((j, rest, upper + [left]))
        return nil
      }
      // R β = r, from the last row up
      var (factors, right) = (upper, upper)
      for k in factors.indices.reversed() {
        factors[k] = right[k] / basis[k].upper[k]
        for i in 0..<k { right[i] -= factors[k] * basis[k].upper[i] }
      }
      let terms = factors.indices.filter { abs(factors[$0]) > 1e-6 }.map { k in
        let column = basis[k].column
        let scale = facts.standardDeviation / columns[column].standardDeviation
        return Dependence.Term(column: column, factor: factors[k] * scale)
      }
      return dependence(of: j, on: terms, in: table, columns)
    }
  }

  /// Takes what is along a direction of length 1 out of a vector, and returns how much that was.
  private static func subtract(_ direction: [Double], from vector: inout [Double]) -> Double {
    direction.withUnsafeBufferPointer { direction in
      vector.withUnsafeMutableBufferPointer { vector in
        var along = 0.0
        for k in 0..<vector.count { along += direction[k] * vector[k] }
        for k in 0..<vector.count { vector[k] -= along * direction[k] }
        return along
      }
    }
  }

  private static func norm(_ vector: [Double]) -> Double {
    vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  /// The sum, if each row is as it says.
  private static func dependence(
    of column: Int, on terms: [Dependence.Term], in table: Table, _ columns: [Column]
  ) -> Dependence? {
    guard terms.count > 1 else { return nil }
    let (values, mean) = (table.values, columns[column].mean)
    let isSum = stride(from: 0, to: values.count, by: columns.count).allSatisfy { row in
      let value = values[row + column]
      var (rest, moved, size) = (value - mean, abs(value - mean), abs(value))
      for term in terms {
        let other = values[row + term.column]
        let step = term.factor * (other - columns[term.column].mean)
        rest -= step
        moved += abs(step)
        size += abs(term.factor * other)
      }
      return abs(rest) <= 1e-6 * moved + 1e-12 * size
    }
    guard isSum else { return nil }
    let offset = terms.reduce(mean) { $0 - $1.factor * columns[$1.column].mean }
    let scale = terms.reduce(abs(mean)) { $0 + abs($1.factor * columns[$1.column].mean) }
    return Dependence(
      column: column, terms: terms, offset: abs(offset) > 1e-9 * scale ? offset : 0)
  }
}
