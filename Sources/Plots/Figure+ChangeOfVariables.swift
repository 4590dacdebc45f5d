extension Figure {
  /// The change of variables: p(x) above the map x → z, p(z) at its side, and the mass of one
  /// interval of x followed from the one through the map to the other: it is the same.
  ///
  /// `map` rises or falls throughout; `density` is p(x), `base` is p(z), each over as much as is to
  /// be seen; `interval` is of x. Both masses are written, each from its own density by the
  /// trapezoidal rule, so that they are equal only as far as the map is right.
  public static func changeOfVariables(
    map: Curve, density: Curve, base: Curve, interval: ClosedRange<Double>, name: String = "x",
    title: String = ""
  ) -> Figure {
    let masses = FollowedMass(map: map, density: density, base: base, interval: interval)
    let shade = Color.orange.opacity(0.4)
    var figure = Figure(title, width: 640, height: 620, rows: [1, 2], columns: [2, 1])

    let (ofX, ofZ) = (masses.ofX, masses.ofZ)
    let zeros = { (curve: Curve) in [Double](repeating: 0, count: curve.x.count) }
    figure.key = [
      .line(density, color: .blue, width: 2, label: "p(\(name))"),
      .line(map, color: .black, width: 2, label: "map \(name) → z"),
      .line(base, color: .vermilion, width: 2, label: "base p(z)"),
      .band(
        [], lower: [], upper: [], color: shade,
        label: "\(name) in \(text(masses.interval)), z in \(text(masses.image))"),
    ]
    let curves = figure.key.map(\.unnamed)
    let xAxis = Axis(name, link: "x")
    let zAxis = Axis("z", link: "z")
    figure[0, 0] = Panel(
      x: xAxis, y: Axis("density"),
      marks: [.band(ofX.x, lower: zeros(ofX), upper: ofX.y, color: shade), curves[0]]
        + note(masses.x, ofX))
    figure[1, 0] = Panel(
      x: xAxis, y: zAxis,
      marks: [
        .band(masses.map.x, lower: masses.map.y, upper: masses.edge, color: shade),
        .band(
          masses.map.y, lower: masses.right, upper: masses.edge, isVertical: false,
          color: shade),
        curves[1],
      ])
    figure[1, 1] = Panel(
      x: zAxis, y: Axis("density"), isRotated: true,
      marks: [.band(ofZ.x, lower: zeros(ofZ), upper: ofZ.y, color: shade), curves[2]]
        + note(masses.z, ofZ))
    return figure
  }

  private static func text(_ range: ClosedRange<Double>) -> String {
    "\(Ticks.rounded(range.lowerBound))…\(Ticks.rounded(range.upperBound))"
  }

  /// The mass, written in the middle of what is shaded.
  private static func note(_ mass: Double, _ curve: Curve) -> [Mark] {
    guard let first = curve.x.first, let last = curve.x.last else { return [] }
    let x = first / 2 + last / 2
    return [.note("mass \(Ticks.rounded(mass))", x: x, y: curve.value(at: x) / 2)]
  }
}

/// One interval and its image under a map, with the densities over both.
struct FollowedMass {
  let interval, image: ClosedRange<Double>
  /// The map over the interval.
  let map: Curve
  /// The densities over interval and image.
  let ofX, ofZ: Curve
  /// The masses: the densities' integrals.
  let x, z: Double

  init(map: Curve, density: Curve, base: Curve, interval: ClosedRange<Double>) {
    self.interval = interval
    self.map = map.cut(to: interval)
    let ends = (map.value(at: interval.lowerBound), map.value(at: interval.upperBound))
    // No map at all has no image.
    image = ends.0.isNaN || ends.1.isNaN ? 0...0 : min(ends.0, ends.1)...max(ends.0, ends.1)
    ofX = density.cut(to: interval)
    ofZ = base.cut(to: image)
    x = ofX.integral
    z = ofZ.integral
  }

  /// From where the band over the image goes to the right: from the map, which it must not cover
  /// when the map falls.
  var right: [Double] {
    guard let first = map.y.first, let last = map.y.last, last < first else { return map.x }
    return [Double](repeating: interval.upperBound, count: map.x.count)
  }

  /// The edge of the panel, for a band over the interval.
  var edge: [Double] { [Double](repeating: .infinity, count: map.x.count) }
}
