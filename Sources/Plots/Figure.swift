import Media

/// Panels in rows and columns under one heading, drawn to a file.
///
///     var figure = Figure("Two normals", width: 480, height: 320)
///     figure[0, 0] = Panel(x: Axis("x"), y: Axis("density"), marks: [
///       .histogram(values, label: "data"), .line(curve, label: "learned"),
///     ])
///     try figure.write(to: "normals.svg")
public struct Figure: Sendable {
  /// What stands above all.
  public var title: String
  /// Marks that a legend below the heading names, for all panels.
  public var key: [Mark] = []
  /// The size in points.
  public var width, height: Double
  /// The shares of the rows in the height, and of the columns in the width.
  public let rows, columns: [Double]
  /// What stands below the heading, row after row.
  private(set) var panels: [Panel?]

  /// A figure without panels yet.
  public init(
    _ title: String = "", width: Double, height: Double, rows: [Double] = [1],
    columns: [Double] = [1]
  ) {
    precondition(
      !rows.isEmpty && !columns.isEmpty && (rows + columns).allSatisfy { $0 > 0 },
      "a figure has rows and columns, each with a positive share")
    self.title = title
    self.width = width
    self.height = height
    self.rows = rows
    self.columns = columns
    panels = Array(repeating: nil, count: rows.count * columns.count)
  }

  /// The panel in a row, counted from above, and a column, counted from the left.
  public subscript(row: Int, column: Int) -> Panel? {
    get { panels[index(row, column)] }
    set { panels[index(row, column)] = newValue }
  }

  /// The range in which a density over these numbers is worth drawing: nearly all of them, with
  /// some room; what lies far out, a hundredth at each end at most, stays outside. Never empty.
  public static func view(of values: [Double]) -> ClosedRange<Double> {
    Scale.padded(Extent.core(of: values))
  }

  private func index(_ row: Int, _ column: Int) -> Int {
    precondition(
      rows.indices.contains(row) && columns.indices.contains(column), "no such row or column")
    return row * columns.count + column
  }

  /// A text from outside as one line; cairo's strings end at a zero.
  static func oneLine(_ text: String) -> String { FileError.oneLine(text) }
}
