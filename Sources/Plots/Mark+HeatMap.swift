extension Mark {
  /// The numbers of a grid as colours, without smoothing; what is not finite stays white.
  ///
  /// The colours run over `limits`, by default from the least to the largest number. `bar` is what
  /// stands at the bar that explains them; nil leaves the bar out.
  public static func heatMap(
    _ grid: Grid, colors: ColorMap = .ink, limits: ClosedRange<Double>? = nil, bar: String? = nil
  ) -> Mark {
    let extent = Extent(grid.values)
    let scale =
      limits.map { Scale(around: $0.lowerBound, $0.upperBound) }
      ?? Scale(extent, isLogarithmic: false)
    return Mark(
      shape: HeatMapShape(
        grid: grid, colors: colors, scale: scale,
        colorBar: bar.map { ColorBar(map: colors, scale: scale, label: $0) }),
      label: nil)
  }
}

struct HeatMapShape: Shape {
  let grid: Grid
  let colors: ColorMap
  let scale: Scale
  let colorBar: ColorBar?

  var extent: (x: Extent, y: Extent) {
    (
      Extent([grid.x.lowerBound, grid.x.upperBound]),
      Extent([grid.y.lowerBound, grid.y.upperBound])
    )
  }

  func draw(on canvas: Canvas, in frame: Frame) {
    let (columns, rows) = frame.isRotated ? (grid.rows, grid.columns) : (grid.columns, grid.rows)
    var cells: [Color?] = []
    for row in (0..<rows).reversed() {
      for column in 0..<columns {
        let index =
          frame.isRotated ? column * grid.columns + row : row * grid.columns + column
        let value = grid.values[index]
        cells.append(value.isFinite ? colors.color(scale.fraction(value)) : nil)
      }
    }
    canvas.cells(cells, columns: columns, in: frame.rect(grid.x, grid.y))
  }
}
