import Foundation

/// How many rows there are, their sum, and the sum of their products: enough for a Gaussian, and
/// rows can be taken out of it again.
struct Moments {
  private(set) var count = 0.0
  private(set) var sum: [Double]
  /// Σ x xᵀ, row by row.
  private(set) var products: [Double]

  /// Of no rows of this width.
  init(width: Int) {
    sum = Array(repeating: 0, count: width)
    products = Array(repeating: 0, count: width * width)
  }

  mutating func add(_ row: ArraySlice<Double>) {
    let (d, first) = (sum.count, row.startIndex)
    count += 1
    for i in 0..<d {
      let value = row[first + i]
      sum[i] += value
      for j in 0..<d { products[i * d + j] += value * row[first + j] }
    }
  }

  static func - (a: Moments, b: Moments) -> Moments {
    var difference = a
    difference.count -= b.count
    for i in a.sum.indices { difference.sum[i] -= b.sum[i] }
    for i in a.products.indices { difference.products[i] -= b.products[i] }
    return difference
  }

  static func += (a: inout Moments, b: Moments) {
    a.count += b.count
    for i in a.sum.indices { a.sum[i] += b.sum[i] }
    for i in a.products.indices { a.products[i] += b.products[i] }
  }
}

/// Mahalanobis' distance of a row from others, the Gaussian through which may have fewer rows than
/// columns: correlations are shrunk towards 0.
///
///     distance² = (x − mean)ᵀ Σ⁻¹ (x − mean),  Σᵢⱼ = (1 − λ) covarianceᵢⱼ for i ≠ j,  λ = D/(N + D)
struct GaussianDistance {
  private let mean: [Double]
  /// The lower triangle L of Σ = L Lᵀ, row by row.
  private let factor: [Double]

  init(_ moments: Moments) {
    let (d, n) = (moments.sum.count, max(moments.count, 1))
    mean = moments.sum.map { $0 / n }
    let keep = n / (n + Double(d))
    var matrix = [Double](repeating: 0, count: d * d)
    for i in 0..<d {
      for j in 0...i {
        let covariance = moments.products[i * d + j] / n - mean[i] * mean[j]
        // a column that never changes still tells from one that does
        matrix[i * d + j] =
          i == j ? max(covariance, 1e-12 * (1 + mean[i] * mean[i])) : keep * covariance
      }
    }
    for i in 0..<d {
      for j in 0...i {
        var rest = matrix[i * d + j]
        for k in 0..<j { rest -= matrix[i * d + k] * matrix[j * d + k] }
        matrix[i * d + j] =
          i == j ? max(rest, 1e-12 * matrix[i * d + i]).squareRoot() : rest / matrix[j * d + j]
      }
    }
    factor = matrix
  }

  /// The distance; of what is not finite, infinite.
  func callAsFunction(_ row: ArraySlice<Double>) -> Double {
    let d = mean.count
    var (solved, total) = ([Double](repeating: 0, count: d), 0.0)
    for i in 0..<d {
      var rest = row[row.startIndex + i] - mean[i]
      for k in 0..<i { rest -= factor[i * d + k] * solved[k] }
      solved[i] = rest / factor[i * d + i]
      total += solved[i] * solved[i]
    }
    return total.isFinite ? total.squareRoot() : .infinity
  }
}
