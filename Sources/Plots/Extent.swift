/// What numbers span in one direction; infinities and NaN are passed over.
struct Extent: Equatable {
  private(set) var lower = Double.infinity
  private(set) var upper = -Double.infinity
  /// The smallest number above zero, where a logarithmic axis can begin.
  private(set) var lowerPositive = Double.infinity
  /// Whether there is room to be left beyond the ends.
  var isPadded = false
  /// Whether also beyond a zero, on which densities stand.
  var isPaddedAtZero = false

  init(isPadded: Bool = false) { self.isPadded = isPadded }

  init(_ values: some Sequence<Double>, isPadded: Bool = false) {
    self.isPadded = isPadded
    for value in values { include(value) }
  }

  var isEmpty: Bool { lower > upper }

  mutating func include(_ value: Double) {
    guard value.isFinite else { return }
    lower = min(lower, value)
    upper = max(upper, value)
    if value > 0 { lowerPositive = min(lowerPositive, value) }
  }

  mutating func include(_ other: Extent) {
    lower = min(lower, other.lower)
    upper = max(upper, other.upper)
    lowerPositive = min(lowerPositive, other.lowerPositive)
    isPadded = isPadded || other.isPadded
    isPaddedAtZero = isPaddedAtZero || other.isPaddedAtZero
  }

  /// The range in which nearly all numbers lie: a hundredth at each end may stand outside if it
  /// is far away. Never empty.
  static func core(of values: [Double]) -> ClosedRange<Double> {
    let stride = max(1, values.count / 50_000)
    let some = Swift.stride(from: 0, to: values.count, by: stride).lazy.map { values[$0] }
      .filter(\.isFinite).sorted()
    guard let first = some.first, let last = some.last else { return 0...1 }
    let low = some[some.count / 100]
    let high = some[some.count - 1 - some.count / 100]
    let reach = (high / 4 - low / 4).nextUp
    let lower = max(first, low - reach)
    let upper = min(last, high + reach)
    return Scale(around: lower, upper).range
  }
}
