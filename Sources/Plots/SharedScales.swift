/// The scales of a figure's axes; those with the same link have one.
struct SharedScales {
  private var extents: [String: Extent] = [:]
  private var ranges: [String: ClosedRange<Double>] = [:]

  init(_ figure: Figure) {
    for panel in figure.panels.lazy.compactMap(\.self) {
      let extent = panel.extents
      add(panel.horizontal, extent.horizontal)
      add(panel.vertical, extent.vertical)
    }
  }

  private mutating func add(_ axis: Axis, _ extent: Extent) {
    guard let link = axis.link else { return }
    extents[link, default: Extent()].include(extent)
    if let range = axis.range { ranges[link] = range }
  }

  func scales(of panel: Panel) -> (horizontal: Scale, vertical: Scale) {
    let extent = panel.extents
    return (
      scale(panel.horizontal, extent.horizontal), scale(panel.vertical, extent.vertical)
    )
  }

  private func scale(_ axis: Axis, _ own: Extent) -> Scale {
    let range = axis.range ?? axis.link.flatMap { ranges[$0] }
    let extent = range.map { Extent([$0.lowerBound, $0.upperBound]) }
    return Scale(
      extent ?? axis.link.flatMap { extents[$0] } ?? own, isLogarithmic: axis.isLogarithmic)
  }
}
