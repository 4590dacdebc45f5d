import Foundation

/// A range of numbers laid on a length, straight or by logarithms.
struct Scale: Equatable {
  let range: ClosedRange<Double>
  let isLogarithmic: Bool

  /// The scale that shows what the marks span, with some room where they want it.
  init(_ extent: Extent, isLogarithmic: Bool) {
    self.isLogarithmic = isLogarithmic
    if isLogarithmic {
      guard extent.lowerPositive.isFinite else {
        range = 1...10
        return
      }
      let upper = max(extent.upper, extent.lowerPositive)
      // A factor for room, more when there is nothing between the ends.
      let room =
        upper / extent.lowerPositive < 1.0001
        ? 2
        : extent.isPadded
          ? exp((log(upper) - log(extent.lowerPositive)) * 0.05) : 1
      let lowest = max(extent.lowerPositive / room, .leastNormalMagnitude)
      range = lowest...max(min(upper * room, .greatestFiniteMagnitude), lowest.nextUp)
      return
    }
    var (lower, upper) = extent.isEmpty ? (0, 1) : (extent.lower, extent.upper)
    let widened = Scale(around: lower, upper).range
    if widened == lower...upper, extent.isPadded {
      let room = upper / 20 - lower / 20
      if lower != 0 || extent.isPaddedAtZero {
        lower = max(lower - room, -.greatestFiniteMagnitude)
      }
      if upper != 0 || extent.isPaddedAtZero { upper = min(upper + room, .greatestFiniteMagnitude) }
      range = lower...upper
    } else {
      range = widened
    }
  }

  /// The straight scale from one number to another, widened where there is nothing between them.
  init(around lower: Double, _ upper: Double) {
    isLogarithmic = false
    let size = max(abs(lower), abs(upper))
    if upper / 2 - lower / 2 > max(size * 1e-10, 1e-290) {
      range = lower...upper
    } else {
      let room = size < 1e-280 ? 0.5 : size * 0.1
      range =
        max(
          lower - room, -.greatestFiniteMagnitude)...min(
          upper + room, .greatestFiniteMagnitude)
    }
  }

  /// The range with a little room at both ends.
  static func padded(_ range: ClosedRange<Double>) -> ClosedRange<Double> {
    var extent = Extent([range.lowerBound, range.upperBound], isPadded: true)
    extent.isPaddedAtZero = true
    return Scale(extent, isLogarithmic: false).range
  }

  /// Where a number lies: 0 at the lower end, 1 at the upper; NaN only for NaN.
  func fraction(_ value: Double) -> Double {
    if isLogarithmic {
      if value <= 0 { return -.infinity }
      let (lower, upper) = (log(range.lowerBound), log(range.upperBound))
      return (log(value) - lower) / (upper - lower)
    }
    // By halves, as the difference of the ends may be beyond the largest number.
    let (lower, upper) = (range.lowerBound / 2, range.upperBound / 2)
    return (value / 2 - lower) / (upper - lower)
  }
}
