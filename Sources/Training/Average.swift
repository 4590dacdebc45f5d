import Foundation

/// The mean of a figure over examples, and how exact it is.
public struct Average: Sendable {
  /// The mean.
  public let mean: Double
  /// Its standard error; nil of one example, where it is unknown.
  public let standardError: Double?

  /// Of one value an example.
  public init(_ values: [Double]) {
    let n = Double(values.count)
    let mean = values.reduce(0, +) / n
    self.mean = mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    standardError = n > 1 ? (squares / (n - 1) / n).squareRoot() : nil
  }
}

extension [Double] {
  /// log(1/K Σ exp(value)), without overflow.
  var logMeanExp: Double {
    guard let largest = self.max(), largest.isFinite else { return first ?? 0 }
    return largest + log(reduce(0) { $0 + exp($1 - largest) } / Double(count))
  }
}
