extension Figure {
  /// A density of two dimensions with the data over it, and samples beside on the same axes.
  ///
  /// What the grid covers is what is shown; the labels say how many points lie there.
  public static func twoDimensional(
    density: Grid, data: (x: [Double], y: [Double]), samples: (x: [Double], y: [Double]),
    names: (x: String, y: String) = ("x", "y"), title: String = ""
  ) -> Figure {
    var figure = Figure(title, width: 860, height: 440, columns: [1, 1])
    let xAxis = Axis(names.x, range: density.x)
    let yAxis = Axis(names.y, range: density.y, link: "y")
    func inside(_ points: (x: [Double], y: [Double])) -> (x: [Double], y: [Double], all: Int) {
      let kept = points.x.indices.filter {
        density.x.contains(points.x[$0]) && density.y.contains(points.y[$0])
      }
      return (kept.map { points.x[$0] }, kept.map { points.y[$0] }, points.x.count)
    }
    func label(
      _ name: String, _ points: (x: [Double], y: [Double], all: Int), limit: Int
    ) -> String {
      let outside = points.all - points.x.count
      if outside > 0 { return "\(name) (\(number(outside)) not in view)" }
      // Of more, the mark itself says how many are drawn.
      return points.all <= limit ? "\(name), \(number(points.all))" : name
    }
    let (shownData, shownSamples) = (inside(data), inside(samples))
    figure[0, 0] = Panel(
      "Density and data", x: xAxis, y: yAxis,
      marks: [
        .heatMap(density, bar: "density"),
        .points(
          x: shownData.x, y: shownData.y, color: .vermilion, opacity: 0.6, limit: 2000,
          label: label("data", shownData, limit: 2000)),
      ])
    figure[0, 1] = Panel(
      "Samples", x: xAxis, y: yAxis,
      marks: [
        .points(
          x: shownSamples.x, y: shownSamples.y, color: .blue,
          label: label("samples", shownSamples, limit: Mark.pointLimit))
      ])
    return figure
  }
}
