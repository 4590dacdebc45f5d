/// The rectangle of a panel in which its marks stand, and what it shows of their numbers.
struct Frame {
  let rect: Rect
  /// From left to right, and from bottom to top.
  let horizontal, vertical: Scale
  /// Whether x runs upwards and y to the right.
  let isRotated: Bool

  /// Where (x, y) is drawn. Infinities, and what lies far outside, go beyond the rectangle's edge.
  func place(_ x: Double, _ y: Double) -> (x: Double, y: Double) {
    let (across, up) = isRotated ? (y, x) : (x, y)
    return (
      rect.x + Self.near(horizontal.fraction(across)) * rect.width,
      rect.bottom - Self.near(vertical.fraction(up)) * rect.height
    )
  }

  /// The rectangle with these corners.
  func rect(_ x: ClosedRange<Double>, _ y: ClosedRange<Double>) -> Rect {
    let (one, other) = (place(x.lowerBound, y.lowerBound), place(x.upperBound, y.upperBound))
    return Rect(
      x: min(one.x, other.x), y: min(one.y, other.y), width: abs(other.x - one.x),
      height: abs(other.y - one.y))
  }

  /// Cairo's coordinates are integers below.
  private static func near(_ fraction: Double) -> Double { min(max(fraction, -1000), 1000) }
}
