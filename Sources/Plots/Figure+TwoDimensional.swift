import Media

extension Figure {
  /// A density of two dimensions with the data over it, and samples beside on the same axes.
  ///
  /// What the grid covers is what is shown; the labels say how many points lie there. Without data
  /// the density stands alone.
  public static func twoDimensional(
    density: Grid, data: (x: [Double], y: [Double]), samples: (x: [Double], y: [Double]),
    names: (x: String, y: String) = ("x", "y"), title: String = ""
  ) -> Figure {
    var figure = Figure(title, width: 860, height: 440, columns: [1, 1])
    let xAxis = Axis(names.x, range: density.x)
    let yAxis = Axis(names.y, range: density.y, link: "y")
    let (shownData, shownSamples) = (inside(data, density), inside(samples, density))
    figure[0, 0] = Panel(
      data.x.isEmpty ? "Density" : "Density and data", x: xAxis, y: yAxis,
      marks: [.heatMap(density, limits: limits([density]), bar: "density")]
        + (data.x.isEmpty
          ? []
          : [
            .points(
              x: shownData.x, y: shownData.y, color: .vermilion, opacity: 0.6, limit: 2000,
              label: label("data", shownData, limit: 2000))
          ]))
    figure[0, 1] = Panel(
      "Samples", x: xAxis, y: yAxis,
      marks: [
        .points(
          x: shownSamples.x, y: shownSamples.y, color: .blue,
          label: label("samples", shownSamples, limit: Mark.pointLimit))
      ])
    return figure
  }

  /// What a sampler was fitted to beside what it has learned, and samples, all on the same axes.
  ///
  /// With `isNormalized` the target is a density as well, and both have one scale of colours.
  public static func fitted(
    target: Grid, isNormalized: Bool, density: Grid, samples: (x: [Double], y: [Double]),
    names: (x: String, y: String) = ("x", "y"), title: String = ""
  ) -> Figure {
    var figure = Figure(title, width: 1180, height: 420, columns: [1, 1, 1])
    let shown = inside(samples, density)
    let both = limits(isNormalized ? [target, density] : [density])
    func panel(_ name: String, _ mark: Mark) -> Panel {
      Panel(
        name, x: Axis(names.x, range: density.x), y: Axis(names.y, range: density.y, link: "y"),
        marks: [mark])
    }
    figure[0, 0] = panel(
      isNormalized ? "Target" : "Target, up to a factor",
      .heatMap(
        target, limits: isNormalized ? both : limits([target]),
        bar: isNormalized ? "density" : "p̃"))
    figure[0, 1] = panel("Learned", .heatMap(density, limits: both, bar: "density"))
    figure[0, 2] = panel(
      "Samples",
      .points(
        x: shown.x, y: shown.y, color: .blue,
        label: label("samples", shown, limit: Mark.pointLimit)))
    return figure
  }

  /// From 0 to the largest number.
  private static func limits(_ grids: [Grid]) -> ClosedRange<Double> {
    let largest = grids.flatMap(\.values).filter(\.isFinite).max() ?? 1
    return 0...max(largest, .leastNormalMagnitude)
  }

  private typealias Shown = (x: [Double], y: [Double], all: Int)

  private static func inside(_ points: (x: [Double], y: [Double]), _ grid: Grid) -> Shown {
    let kept = points.x.indices.filter {
      grid.x.contains(points.x[$0]) && grid.y.contains(points.y[$0])
    }
    return (kept.map { points.x[$0] }, kept.map { points.y[$0] }, points.x.count)
  }

  private static func label(_ name: String, _ points: Shown, limit: Int) -> String {
    let outside = points.all - points.x.count
    // Of more, the mark itself says how many are drawn.
    let all = points.x.count <= limit ? "\(name), \(grouped(points.all))" : name
    return outside > 0 ? all + " (\(grouped(outside)) not in view)" : all
  }
}
