/// Points of a curve in their order: y[i] at x[i].
public struct Curve: Equatable, Sendable {
  /// Abscissas and ordinates, equally many.
  public let x, y: [Double]

  /// The curve through these points.
  public init(x: [Double], y: [Double]) {
    precondition(x.count == y.count, "a curve has as many ordinates as abscissas")
    self.x = x
    self.y = y
  }

  /// The curve of a function at `count` equally spaced places.
  public init(
    over range: ClosedRange<Double>, count: Int = 400, _ function: (Double) throws -> Double
  ) rethrows {
    x = Self.places(range, count)
    y = try x.map(function)
  }

  /// `count` equally spaced numbers from the range's one end to the other.
  public static func places(_ range: ClosedRange<Double>, _ count: Int) -> [Double] {
    precondition(count > 1, "a curve has at least two points")
    return (0..<count).map { i in
      let t = Double(i) / Double(count - 1)
      return range.lowerBound * (1 - t) + range.upperBound * t
    }
  }

  /// The ordinate at `place` by straight lines; x must rise. Beyond its ends, that of the end.
  func value(at place: Double) -> Double {
    guard let first = x.first, let last = x.last else { return .nan }
    if place <= first { return y[0] }
    if place >= last { return y[y.count - 1] }
    let (i, t) = segment(of: place)
    return y[i] * (1 - t) + y[i + 1] * t
  }

  /// The points with x in the range, with one at each end by straight lines; x must rise.
  func cut(to range: ClosedRange<Double>) -> Curve {
    var cut: (x: [Double], y: [Double]) = ([range.lowerBound], [value(at: range.lowerBound)])
    for (x, y) in zip(x, y) where x > range.lowerBound && x < range.upperBound {
      cut.x.append(x)
      cut.y.append(y)
    }
    return Curve(x: cut.x + [range.upperBound], y: cut.y + [value(at: range.upperBound)])
  }

  /// ∫ y dx by the trapezoidal rule.
  var integral: Double {
    var sum = 0.0
    for i in 1..<max(1, x.count) { sum += (x[i] - x[i - 1]) * (y[i] + y[i - 1]) / 2 }
    return sum
  }

  /// The segment that holds `place`, which lies between the ends, and how far along.
  private func segment(of place: Double) -> (index: Int, along: Double) {
    var (low, high) = (0, x.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if x[middle] <= place { low = middle } else { high = middle }
    }
    let width = x[high] - x[low]
    return (low, width > 0 ? (place - x[low]) / width : 0)
  }
}
