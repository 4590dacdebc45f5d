extension Mark {
  /// Lines at which the numbers of a grid, taken at the middles of its cells, pass each level.
  ///
  /// `levels` are by default six, equally far apart between the least and the largest number.
  public static func contours(
    _ grid: Grid, levels: [Double]? = nil, color: Color = .black, width: Double = 0.9,
    label: String? = nil
  ) -> Mark {
    let extent = Extent(grid.values)
    let range = extent.isEmpty ? 0...0 : extent.lower...extent.upper
    let levels = levels ?? Array(Curve.places(range, 8).dropFirst().dropLast())
    return Mark(
      shape: ContoursShape(grid: grid, levels: levels, color: color, width: width), label: label)
  }
}

struct ContoursShape: Shape {
  let grid: Grid
  let levels: [Double]
  let color: Color
  let width: Double

  var extent: (x: Extent, y: Extent) {
    (
      Extent([grid.x.lowerBound, grid.x.upperBound]),
      Extent([grid.y.lowerBound, grid.y.upperBound])
    )
  }

  var swatch: Swatch? { .line(color, width: width, dashes: [], marked: false) }

  func draw(on canvas: Canvas, in frame: Frame) {
    let segments = segments().map {
      (from: frame.place($0.from.x, $0.from.y), to: frame.place($0.to.x, $0.to.y))
    }
    canvas.stroke(segments: segments, color, width: width)
  }

  /// Marching triangles: the middles of four cells and their mean's place make four triangles, and
  /// a level crosses none of a triangle's sides or two.
  func segments() -> [(from: (x: Double, y: Double), to: (x: Double, y: Double))] {
    let (columns, rows) = (grid.columns, grid.rows)
    let middles = Grid.middles(x: grid.x, y: grid.y, columns: columns, rows: rows)
    typealias Corner = (x: Double, y: Double, value: Double)
    var segments: [(from: (x: Double, y: Double), to: (x: Double, y: Double))] = []
    for row in 0..<max(0, rows - 1) {
      for column in 0..<max(0, columns - 1) {
        let first = row * columns + column
        let corners = [first, first + 1, first + columns + 1, first + columns].map {
          Corner(middles.x[$0], middles.y[$0], grid.values[$0])
        }
        guard corners.allSatisfy(\.value.isFinite) else { continue }
        let center = corners.reduce(Corner(0, 0, 0)) {
          ($0.x + $1.x / 4, $0.y + $1.y / 4, $0.value + $1.value / 4)
        }
        let values = corners.map(\.value)
        guard let least = values.min(), let largest = values.max() else { continue }
        for level in levels where level >= least && level <= largest {
          for side in 0..<4 {
            let triangle = [corners[side], corners[(side + 1) % 4], center]
            let crossings = (0..<3).compactMap { i -> (x: Double, y: Double)? in
              let (from, to) = (triangle[i], triangle[(i + 1) % 3])
              guard (from.value < level) != (to.value < level) else { return nil }
              let t = (level / 2 - from.value / 2) / (to.value / 2 - from.value / 2)
              return (from.x * (1 - t) + to.x * t, from.y * (1 - t) + to.y * t)
            }
            if crossings.count == 2 { segments.append((crossings[0], crossings[1])) }
          }
        }
      }
    }
    return segments
  }
}
