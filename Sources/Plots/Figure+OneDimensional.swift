import Media

extension Figure {
  /// What a flow of one dimension has learned: the data with the density, the map, the latents.
  ///
  /// `density` is p(x), `components` are its parts with their weights, if it has any; `map` is
  /// x → z; `latents` are the data's z, which should be as `base`, p(z), says. All over as much of
  /// x and z as is to be seen. `name` is what x is, `dataName` what the numbers are.
  public static func oneDimensional(
    data: [Double], density: Curve, components: [Curve] = [], map: Curve, latents: [Double],
    base: Curve, name: String = "x", dataName: String = "data", title: String = ""
  ) -> Figure {
    var figure = Figure(title, width: 960, height: 320, columns: [1, 1, 1])
    let range = Extent(density.x)
    let shown = range.isEmpty ? Extent.core(of: data) : range.lower...range.upper
    let parts = components.enumerated().map { i, part in
      Mark.line(
        part, color: .series(i + 1), width: 1.4, style: .dashed,
        label: i == 0 ? components.count == 1 ? "its component" : "its components" : nil)
    }
    figure[0, 0] = Panel(
      dataName.prefix(1).uppercased() + dataName.dropFirst() + " and density",
      x: Axis(name, range: shown), y: Axis("density"),
      marks: [
        .histogram(data, range: shown, label: label(dataName, data, shown)),
        .line(density, color: .blue, width: 2.2, label: "learned"),
      ] + parts)
    figure[0, 1] = Panel(
      "Map", x: Axis(name), y: Axis("z"),
      marks: [.line(map, color: .blue, width: 2, label: "\(name) → z")])
    let span = Extent(base.x)
    let latentRange = span.isEmpty ? Extent.core(of: latents) : span.lower...span.upper
    figure[0, 2] = Panel(
      "Latents and base", x: Axis("z", range: latentRange), y: Axis("density"),
      marks: [
        .histogram(
          latents, range: latentRange, label: label("latents", latents, latentRange)),
        .line(base, color: .vermilion, width: 2, label: "base"),
      ])
    return figure
  }

  /// The name of numbers with their count, and how many are not in the range or not finite.
  private static func label(
    _ name: String, _ values: [Double], _ range: ClosedRange<Double>
  ) -> String {
    let outside = values.reduce(0) { range.contains($1) ? $0 : $0 + 1 }
    let all = "\(name), \(grouped(values.count))"
    return outside == 0 ? all : all + " (\(grouped(outside)) not in view)"
  }
}
