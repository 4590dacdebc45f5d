extension Figure {
  /// Several figures against one number: a bound against the number of layers.
  ///
  /// Each series is a curve with a marker at each point and, with `errors`, bars of that length up
  /// and down. `levels` are values to compare with, as dashed lines. Where there are at most nine
  /// different x, these are the ticks.
  public static func curves(
    _ series: [(name: String, curve: Curve, errors: [Double]?)],
    levels: [(name: String, value: Double)] = [], x: String, y: String,
    isLogarithmic: Bool = false, title: String = ""
  ) -> Figure {
    var figure = Figure(title, width: 560, height: 400)
    let places = Set(series.flatMap(\.curve.x).filter(\.isFinite))
    let lines = series.enumerated().map { i, series in
      Mark.line(
        series.curve, color: .series(i),
        style: .series(i), hasMarkers: true,
        errors: series.errors, label: series.name)
    }
    let others = levels.enumerated().map { i, level in
      Mark.level(
        level.value, color: i == 0 ? .gray : .series(series.count + i - 1), label: level.name)
    }
    figure[0, 0] = Panel(
      x: Axis(
        x, isLogarithmic: isLogarithmic, ticks: places.count < 10 ? places.sorted() : nil),
      y: Axis(y), marks: others + lines)
    return figure
  }
}
