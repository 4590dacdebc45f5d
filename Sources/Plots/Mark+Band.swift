extension Mark {
  /// The area between two curves over the same x: upper[i] and lower[i] at x[i].
  ///
  /// An infinity reaches to the edge of the panel. With `isVertical` false the area lies between
  /// the x-coordinates lower[i] and upper[i], at the height x[i].
  public static func band(
    _ x: [Double], lower: [Double], upper: [Double], isVertical: Bool = true,
    color: Color = .orange.opacity(0.45), label: String? = nil
  ) -> Mark {
    precondition(
      x.count == lower.count && x.count == upper.count, "a band has two curves over the same x")
    return Mark(
      shape: BandShape(x: x, lower: lower, upper: upper, isVertical: isVertical, color: color),
      label: label)
  }
}

struct BandShape: Shape {
  let x, lower, upper: [Double]
  let isVertical: Bool
  let color: Color

  var extent: (x: Extent, y: Extent) {
    let (along, across) = (Extent(x), Extent(lower + upper, isPadded: isVertical))
    return isVertical ? (along, across) : (across, along)
  }

  var swatch: Swatch? { .area(color) }

  func draw(on canvas: Canvas, in frame: Frame) {
    let known = x.indices.filter { !x[$0].isNaN && !lower[$0].isNaN && !upper[$0].isNaN }
    guard known.count > 1 else { return }
    func place(_ i: Int, _ edge: [Double]) -> (x: Double, y: Double) {
      isVertical ? frame.place(x[i], edge[i]) : frame.place(edge[i], x[i])
    }
    canvas.fill(known.map { place($0, upper) } + known.reversed().map { place($0, lower) }, color)
  }
}
