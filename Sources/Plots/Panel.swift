/// Marks between two axes, with a title and a legend above.
public struct Panel: Sendable {
  /// What stands above.
  public var title: String
  /// The axes of the marks' x and y.
  public var x, y: Axis
  /// From the lowest to the uppermost.
  public var marks: [Mark]
  /// Whether x runs upwards and y to the right: a histogram at the side of a panel.
  public var isRotated: Bool

  /// A panel of these marks.
  public init(
    _ title: String = "", x: Axis = Axis(), y: Axis = Axis(), isRotated: Bool = false,
    marks: [Mark]
  ) {
    self.title = title
    self.x = x
    self.y = y
    self.isRotated = isRotated
    self.marks = marks
  }

  var horizontal: Axis { isRotated ? y : x }
  var vertical: Axis { isRotated ? x : y }

  /// What the marks span from left to right, and from bottom to top.
  var extents: (horizontal: Extent, vertical: Extent) {
    var (x, y) = (Extent(), Extent())
    for mark in marks {
      let extent = mark.shape.extent
      x.include(extent.x)
      y.include(extent.y)
    }
    return isRotated ? (y, x) : (x, y)
  }

  var colorBar: ColorBar? { marks.lazy.compactMap(\.shape.colorBar).first }

  /// What the legend shows.
  var entries: [Legend.Entry] { marks.compactMap(Legend.Entry.init) }
}
