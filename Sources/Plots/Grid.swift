/// A number for every cell of a rectangle that is cut into rows and columns.
public struct Grid: Equatable, Sendable {
  /// What the rectangle covers, edge to edge.
  public let x, y: ClosedRange<Double>
  /// Cells from left to right.
  public let columns: Int
  /// Row after row; the first is the lowest.
  public let values: [Double]

  /// Cells from bottom to top.
  public var rows: Int { values.count / columns }

  /// The rectangle with these numbers, whole rows of them.
  public init(x: ClosedRange<Double>, y: ClosedRange<Double>, columns: Int, values: [Double]) {
    precondition(
      columns > 0 && !values.isEmpty && values.count % columns == 0, "a grid has whole rows")
    self.x = x
    self.y = y
    self.columns = columns
    self.values = values
  }

  /// The middles of the cells in the order of `values`: where a density is to be evaluated.
  public static func middles(
    x: ClosedRange<Double>, y: ClosedRange<Double>, columns: Int, rows: Int
  ) -> (x: [Double], y: [Double]) {
    func middle(_ range: ClosedRange<Double>, _ i: Int, _ count: Int) -> Double {
      let t = (Double(i) + 0.5) / Double(count)
      return range.lowerBound * (1 - t) + range.upperBound * t
    }
    var middles: (x: [Double], y: [Double]) = ([], [])
    for row in 0..<rows {
      for column in 0..<columns {
        middles.x.append(middle(x, column, columns))
        middles.y.append(middle(y, row, rows))
      }
    }
    return middles
  }

  /// The grid of a function at the middles of the cells.
  public init(
    x: ClosedRange<Double>, y: ClosedRange<Double>, columns: Int = 200, rows: Int = 200,
    _ function: (Double, Double) throws -> Double
  ) rethrows {
    let middles = Self.middles(x: x, y: y, columns: columns, rows: rows)
    self.init(
      x: x, y: y, columns: columns, values: try zip(middles.x, middles.y).map(function))
  }
}
