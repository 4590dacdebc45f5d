import Media

extension Mark {
  /// The most points that are drawn.
  public static let pointLimit = 20_000

  /// A disc at each point; the more there are, the smaller and, without `opacity`, the fainter.
  ///
  /// Of more than `limit` every nth is drawn, and the label says so, as it does of points that are
  /// not finite.
  public static func points(
    x: [Double], y: [Double], color: Color = .vermilion, opacity: Double? = nil,
    limit: Int = pointLimit, label: String? = nil
  ) -> Mark {
    precondition(x.count == y.count, "points have as many ordinates as abscissas")
    precondition(limit > 0, "some points are to be drawn")
    let shape = PointsShape(x: x, y: y, color: color, opacity: opacity, limit: limit)
    let shown = shape.x.count
    let note =
      shown == x.count ? "" : ", \(grouped(shown)) of \(grouped(x.count)) shown"
    return Mark(shape: shape, label: label.map { $0 + note })
  }
}

struct PointsShape: Shape {
  let x, y: [Double]
  let color: Color
  let opacity: Double

  init(x: [Double], y: [Double], color: Color, opacity: Double?, limit: Int) {
    self.color = color
    let finite = x.indices.filter { x[$0].isFinite && y[$0].isFinite }
    let shown = min(finite.count, limit)
    let chosen = (0..<shown).map { finite[$0 * finite.count / shown] }
    self.x = chosen.map { x[$0] }
    self.y = chosen.map { y[$0] }
    self.opacity = opacity ?? min(0.85, max(0.1, 14 / max(1, Double(shown)).squareRoot()))
  }

  var extent: (x: Extent, y: Extent) {
    var (x, y) = (Extent(x, isPadded: true), Extent(y, isPadded: true))
    (x.isPaddedAtZero, y.isPaddedAtZero) = (true, true)
    return (x, y)
  }

  var swatch: Swatch? { .dots(color) }

  func draw(on canvas: Canvas, in frame: Frame) {
    let root = max(1, Double(x.count)).squareRoot()
    let side = min(frame.rect.width, frame.rect.height)
    canvas.discs(
      zip(x, y).map { frame.place($0, $1) },
      radius: min(2.6, max(1.1, 12 / root + 0.9)) * min(1, max(0.75, side / 200)),
      color.opacity(opacity), in: frame.rect)
  }
}
