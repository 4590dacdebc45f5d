extension Mark {
  /// A histogram as a density: bars whose area is the share of all finite `values` they hold.
  ///
  /// `bins` is by default twice what Freedman and Diaconis advise, from 16 to 80. The bars cover
  /// `range`, by default from the least value to the largest. Without `isFilled` there is only
  /// their outline.
  public static func histogram(
    _ values: [Double], bins: Int? = nil, range: ClosedRange<Double>? = nil,
    color: Color = .gray, isFilled: Bool = true, label: String? = nil
  ) -> Mark {
    precondition(bins ?? 1 > 0, "a histogram has at least one bin")
    return Mark(
      shape: HistogramShape(
        values, bins: bins, range: range, color: color, isFilled: isFilled),
      label: label)
  }
}

struct HistogramShape: Shape {
  /// The edges of the bars, one more than there are.
  let edges: [Double]
  let heights: [Double]
  let color: Color
  let isFilled: Bool

  init(
    _ values: [Double], bins: Int?, range: ClosedRange<Double>?, color: Color, isFilled: Bool
  ) {
    self.color = color
    self.isFilled = isFilled
    let extent = Extent(values)
    guard !extent.isEmpty else {
      (edges, heights) = ([], [])
      return
    }
    let wanted = range ?? extent.lower...extent.upper
    let scale = Scale(around: wanted.lowerBound, wanted.upperBound)
    let bins = bins ?? Self.advised(values, scale.range)
    var counts = [Double](repeating: 0, count: bins)
    var total = 0.0
    for value in values where value.isFinite {
      total += 1
      guard scale.range.contains(value) else { continue }
      counts[min(bins - 1, Int(scale.fraction(value) * Double(bins)))] += 1
    }
    edges = Curve.places(scale.range, bins + 1)
    let width =
      scale.range.upperBound / Double(bins) - scale.range.lowerBound / Double(bins)
    heights = counts.map { $0 / total / width }
  }

  /// Bins of width (quartile 3 − quartile 1) / ∛n.
  static func advised(_ values: [Double], _ range: ClosedRange<Double>) -> Int {
    let stride = max(1, values.count / 20_000)
    let some = Swift.stride(from: 0, to: values.count, by: stride).lazy.map { values[$0] }
      .filter { range.contains($0) }.sorted()
    guard some.count > 3 else { return 17 }
    let middle = some[some.count * 3 / 4] / 2 - some[some.count / 4] / 2
    // Odd, so that a constant stands in the middle of its bin.
    guard middle > 0 else { return 41 }
    var root = 1.0
    while root * root * root < Double(values.count) { root += 1 }
    let bins = (range.upperBound / 2 - range.lowerBound / 2) / middle * root
    return bins < 80 ? max(16, Int(bins.rounded(.up))) : 80
  }

  var extent: (x: Extent, y: Extent) { (Extent(edges), Extent(heights + [0], isPadded: true)) }
  var swatch: Swatch? {
    isFilled
      ? .area(color.lightened(0.55)) : .line(color, width: 1.2, dashes: [], marked: false)
  }

  func draw(on canvas: Canvas, in frame: Frame) {
    guard let first = edges.first, let last = edges.last else { return }
    var outline = [frame.place(first, 0)]
    for (i, height) in heights.enumerated() {
      outline.append(frame.place(edges[i], height))
      outline.append(frame.place(edges[i + 1], height))
    }
    outline.append(frame.place(last, 0))
    if isFilled { canvas.fill(outline, color.lightened(0.55)) }
    canvas.stroke(
      outline, isFilled ? color.lightened(0.25) : color, width: isFilled ? 0.6 : 1.2)
  }
}
