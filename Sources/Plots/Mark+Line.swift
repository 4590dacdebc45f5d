extension Mark {
  /// How a line is drawn.
  public enum LineStyle: CaseIterable, Equatable, Sendable {
    /// Without gaps.
    case solid
    /// In dashes.
    case dashed
    /// In dots.
    case dotted

    /// That of the series `index`: another one when the colours come again, after six.
    static func series(_ index: Int) -> LineStyle { allCases[index / 6 % allCases.count] }

    var dashes: [Double] {
      switch self {
      case .solid: []
      case .dashed: [5, 3]
      case .dotted: [1.2, 2.4]
      }
    }
  }

  /// Straight lines from point to point; where one is not finite there is a gap.
  ///
  /// `errors`, if given, are drawn as bars of that length up and down from each point.
  public static func line(
    _ curve: Curve, color: Color = .blue, width: Double = 1.6, style: LineStyle = .solid,
    hasMarkers: Bool = false, errors: [Double]? = nil, label: String? = nil
  ) -> Mark {
    precondition(errors?.count ?? curve.x.count == curve.x.count, "one error for each point")
    return Mark(
      shape: LineShape(
        curve: curve, color: color, width: width, style: style, hasMarkers: hasMarkers,
        errors: errors),
      label: label)
  }

  /// A straight line at one height through the whole panel.
  public static func level(
    _ y: Double, color: Color = .gray, style: LineStyle = .dashed, label: String? = nil
  ) -> Mark {
    Mark(shape: LevelShape(y: y, color: color, style: style), label: label)
  }
}

struct LineShape: Shape {
  let curve: Curve
  let color: Color
  let width: Double
  let style: Mark.LineStyle
  let hasMarkers: Bool
  let errors: [Double]?

  var extent: (x: Extent, y: Extent) {
    var (x, y) = (Extent(isPadded: hasMarkers), Extent(isPadded: true))
    for (i, (a, b)) in zip(curve.x, curve.y).enumerated() where a.isFinite && b.isFinite {
      x.include(a)
      y.include(b)
      guard let error = errors?[i] else { continue }
      y.include(b - error)
      y.include(b + error)
    }
    (x.isPaddedAtZero, y.isPaddedAtZero) = (hasMarkers, hasMarkers)
    return (x, y)
  }

  var swatch: Swatch? {
    .line(color, width: width, dashes: style.dashes, marked: hasMarkers)
  }

  func draw(on canvas: Canvas, in frame: Frame) {
    var run: [(x: Double, y: Double)] = []
    var dots: [(x: Double, y: Double)] = []
    for (i, (x, y)) in zip(curve.x, curve.y).enumerated() {
      guard x.isFinite, y.isFinite else {
        canvas.stroke(run, color, width: width, dashes: style.dashes)
        run = []
        continue
      }
      run.append(frame.place(x, y))
      dots.append(frame.place(x, y))
      guard let error = errors?[i], error.isFinite else { continue }
      let (low, high) = (frame.place(x, y - error), frame.place(x, y + error))
      canvas.stroke([low, high], color, width: 1)
      for end in [low, high] {
        let across = frame.isRotated ? (0.0, 3.0) : (3.0, 0.0)
        canvas.stroke(
          [(end.x - across.0, end.y - across.1), (end.x + across.0, end.y + across.1)], color,
          width: 1)
      }
    }
    canvas.stroke(run, color, width: width, dashes: style.dashes)
    if hasMarkers { canvas.discs(dots, radius: 2.8, color, in: frame.rect) }
  }
}

struct LevelShape: Shape {
  let y: Double
  let color: Color
  let style: Mark.LineStyle

  var extent: (x: Extent, y: Extent) {
    var extent = Extent([y], isPadded: true)
    extent.isPaddedAtZero = true
    return (Extent(), extent)
  }

  var swatch: Swatch? { .line(color, width: 1.2, dashes: style.dashes, marked: false) }

  func draw(on canvas: Canvas, in frame: Frame) {
    guard y.isFinite else { return }
    let scale = frame.isRotated ? frame.vertical : frame.horizontal
    canvas.stroke(
      [frame.place(scale.range.lowerBound, y), frame.place(scale.range.upperBound, y)], color,
      width: 1.2, dashes: style.dashes)
  }
}
