/// A square matrix in Double, for what the C×C factors of a mix come to.
struct SquareMatrix {
  let size: Int
  private(set) var elements: [Double]

  init(size: Int, _ element: (_ row: Int, _ column: Int) -> Double = { _, _ in 0 }) {
    self.size = size
    elements = (0..<size * size).map { element($0 / size, $0 % size) }
  }

  subscript(row: Int, column: Int) -> Double {
    get { elements[row * size + column] }
    set { elements[row * size + column] = newValue }
  }

  /// √Σ element².
  var norm: Double { elements.reduce(0) { $0 + $1 * $1 }.squareRoot() }

  var transposed: SquareMatrix { SquareMatrix(size: size) { self[$1, $0] } }

  /// The rows in another order: row i of the result is row order[i] of this.
  func rows(_ order: [Int]) -> SquareMatrix { SquareMatrix(size: size) { self[order[$0], $1] } }

  static func * (a: SquareMatrix, b: SquareMatrix) -> SquareMatrix {
    var product = SquareMatrix(size: a.size)
    let n = a.size
    product.elements.withUnsafeMutableBufferPointer { out in
      b.elements.withUnsafeBufferPointer { b in
        for i in 0..<n {
          for k in 0..<n where a.elements[i * n + k] != 0 {
            let factor = a.elements[i * n + k]
            for j in 0..<n { out[i * n + j] += factor * b[k * n + j] }
          }
        }
      }
    }
    return product
  }

  /// T⁻¹ of an upper triangular T, by back substitution on the identity.
  var invertedUpper: SquareMatrix {
    var inverse = SquareMatrix(size: size) { $0 == $1 ? 1 : 0 }
    let n = size
    inverse.elements.withUnsafeMutableBufferPointer { rows in
      for i in (0..<n).reversed() {
        for k in i + 1..<max(i + 1, n) {
          let factor = self[i, k]
          for j in k..<n { rows[i * n + j] -= factor * rows[k * n + j] }
        }
        for j in i..<n { rows[i * n + j] /= self[i, i] }
      }
    }
    return inverse
  }

  /// A random rotation: Gram–Schmidt on normal values.
  static func rotation(_ normals: [Double]) -> SquareMatrix {
    let n = Int(Double(normals.count).squareRoot())
    var q = SquareMatrix(size: n) { normals[$0 * n + $1] }
    for i in 0..<n {
      for _ in 0..<2 {  // twice is enough for orthogonality to rounding
        for k in 0..<i {
          let dot = (0..<n).reduce(0) { $0 + q[i, $1] * q[k, $1] }
          for j in 0..<n { q[i, j] -= dot * q[k, j] }
        }
      }
      let norm = (0..<n).reduce(0) { $0 + q[i, $1] * q[i, $1] }.squareRoot()
      for j in 0..<n { q[i, j] /= norm }
    }
    return q
  }

  /// y with self · y = b, by the decomposition.
  func solve(_ b: [Double]) -> [Double] {
    let (order, lower, upper) = decomposed()
    var y = order.map { b[$0] }
    for i in 0..<size {
      for j in 0..<i { y[i] -= lower[i, j] * y[j] }
    }
    for i in (0..<size).reversed() {
      for j in i + 1..<max(i + 1, size) { y[i] -= upper[i, j] * y[j] }
      y[i] /= upper[i, i]
    }
    return y
  }

  /// PLU with partial pivoting: self = P · lower · upper, P[permutation[j], j] = 1.
  func decomposed() -> (permutation: [Int], lower: SquareMatrix, upper: SquareMatrix) {
    var (u, order) = (self, Array(0..<size))
    for k in 0..<size {
      let pivot = (k..<size).max { abs(u[$0, k]) < abs(u[$1, k]) } ?? k
      if pivot != k {
        order.swapAt(k, pivot)
        for j in 0..<size { (u[k, j], u[pivot, j]) = (u[pivot, j], u[k, j]) }
      }
      for i in k + 1..<max(k + 1, size) {
        u[i, k] /= u[k, k]
        for j in k + 1..<size { u[i, j] -= u[i, k] * u[k, j] }
      }
    }
    let lower = SquareMatrix(size: size) { $0 == $1 ? 1 : $1 < $0 ? u[$0, $1] : 0 }
    let upper = SquareMatrix(size: size) { $0 <= $1 ? u[$0, $1] : 0 }
    return (order, lower, upper)
  }
}
