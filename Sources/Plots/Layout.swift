/// Where everything of a figure stands, in points.
struct Layout {
  /// A panel in its place.
  struct Cell {
    let panel: Panel
    var frame: Frame
    var ticks: (horizontal: Ticks, vertical: Ticks)
    /// Whether the numbers of an axis and its name are written here, not at a linked one.
    let isNamed: (horizontal: Bool, vertical: Bool)
    var legend: Legend
    /// The room around the frame, that of the fullest panel in the row or column.
    var margins = Margins()
  }

  struct Margins {
    var left = 0.0
    var right = 0.0
    var top = 0.0
    var bottom = 0.0
  }

  let heading: String
  let key: Legend
  /// Where the key begins, and where the panels do.
  let top: (key: Double, panels: Double)
  private(set) var cells: [Cell] = []

  static let edge = 10.0
  static let titleHeight = 17.0
  static let labelHeight = 15.0
  static let tickLength = 3.5

  init(_ figure: Figure, on canvas: Canvas) {
    heading = canvas.shortened(
      Figure.oneLine(figure.title), to: figure.width - 2 * Self.edge, .heading)
    let width = figure.width - 2 * Self.edge
    key = Legend(figure.key.compactMap(Legend.Entry.init), width: width, on: canvas)
    let underHeading = Self.edge + (heading.isEmpty ? 0 : 22)
    top = (underHeading, underHeading + key.height)
    let height = figure.height - top.panels - Self.edge
    let axes = SharedScales(figure)

    // Margins depend on the ticks, these on the sizes, and these on the margins.
    var widths = figure.columns.map { max(30, width * $0 / figure.columns.reduce(0, +) - 50) }
    var heights = figure.rows.map { max(30, height * $0 / figure.rows.reduce(0, +) - 50) }
    for _ in 0..<3 {
      var cells: [(row: Int, column: Int, cell: Cell)] = []
      var rows = [Margins](repeating: Margins(), count: figure.rows.count)
      var columns = [Margins](repeating: Margins(), count: figure.columns.count)
      for row in figure.rows.indices {
        for column in figure.columns.indices {
          guard let panel = figure[row, column] else { continue }
          let cell = Self.cell(
            panel, isNamed: figure.isNamed(row, column), axes.scales(of: panel),
            Rect(x: 0, y: 0, width: widths[column], height: heights[row]), canvas)
          cells.append((row, column, cell))
          let margins = Self.margins(cell, canvas)
          columns[column].left = max(columns[column].left, margins.left)
          columns[column].right = max(columns[column].right, margins.right)
          rows[row].top = max(rows[row].top, margins.top)
          rows[row].bottom = max(rows[row].bottom, margins.bottom)
        }
      }
      widths = Self.shares(
        figure.columns, of: width - columns.reduce(0) { $0 + $1.left + $1.right })
      heights = Self.shares(figure.rows, of: height - rows.reduce(0) { $0 + $1.top + $1.bottom })
      self.cells = cells.map { row, column, cell in
        var cell = cell
        cell.margins = Margins(
          left: columns[column].left, right: columns[column].right, top: rows[row].top,
          bottom: rows[row].bottom)
        var rect = Rect(
          x: Self.edge + columns[column].left, y: top.panels + rows[row].top, width: widths[column],
          height: heights[row])
        for c in 0..<column { rect.x += columns[c].left + widths[c] + columns[c].right }
        for r in 0..<row { rect.y += rows[r].top + heights[r] + rows[r].bottom }
        cell.frame = Frame(
          rect: rect, horizontal: cell.frame.horizontal, vertical: cell.frame.vertical,
          isRotated: cell.panel.isRotated)
        return cell
      }
    }
  }

  private static func shares(_ shares: [Double], of length: Double) -> [Double] {
    shares.map { max(12, length * $0 / shares.reduce(0, +)) }
  }

  private static func cell(
    _ panel: Panel, isNamed: (Bool, Bool), _ scales: (Scale, Scale), _ rect: Rect,
    _ canvas: Canvas
  ) -> Cell {
    func ticks(_ axis: Axis, _ scale: Scale, _ length: Double, isUpright: Bool) -> Ticks {
      let size = { isUpright ? 10 : canvas.width($0, .tick) }
      if let places = axis.ticks {
        return Ticks(at: places, on: scale, length: length, size: size)
      }
      return Ticks(on: scale, length: length, spacing: isUpright ? 22 : 24, size: size)
    }
    return Cell(
      panel: panel,
      frame: Frame(
        rect: rect, horizontal: scales.0, vertical: scales.1, isRotated: panel.isRotated),
      ticks: (
        ticks(panel.horizontal, scales.0, rect.width, isUpright: false),
        ticks(panel.vertical, scales.1, rect.height, isUpright: true)
      ),
      isNamed: isNamed,
      legend: Legend(panel.entries, width: rect.width, on: canvas))
  }

  /// What a panel needs around its frame.
  private static func margins(_ cell: Cell, _ canvas: Canvas) -> Margins {
    let panel = cell.panel
    var margins = Margins(left: 5, right: 5, top: 5, bottom: 5)
    if !panel.title.isEmpty { margins.top += titleHeight }
    margins.top += cell.legend.height
    if cell.isNamed.vertical {
      let widest = cell.ticks.vertical.labels.map { canvas.width($0, .tick) }.max() ?? 0
      margins.left += (widest > 0 ? widest + tickLength + 3 : 0)
      margins.left += panel.vertical.label.isEmpty ? 0 : labelHeight
    }
    if cell.isNamed.horizontal {
      margins.bottom += cell.ticks.horizontal.labels.isEmpty ? 0 : 10 + tickLength + 3
      margins.bottom += panel.horizontal.label.isEmpty ? 0 : labelHeight
      // The labels at the ends may reach beyond the frame.
      let width = cell.frame.rect.width
      for (value, label) in zip(cell.ticks.horizontal.values, cell.ticks.horizontal.labels) {
        let (half, place) = (
          canvas.width(label, .tick) / 2, cell.frame.horizontal.fraction(value) * width
        )
        margins.left = max(margins.left, half - place + 4)
        margins.right = max(margins.right, half + place - width + 4)
      }
    }
    if let bar = panel.colorBar {
      let widest = barTicks(bar, cell.frame.rect.height).labels.map { canvas.width($0, .tick) }
      margins.right = 8 + 10 + tickLength + 3 + (widest.max() ?? 0) + labelHeight + 5
    }
    return margins
  }

  static func barTicks(_ bar: ColorBar, _ height: Double) -> Ticks {
    Ticks(on: bar.scale, length: height, spacing: 22) { _ in 10 }
  }
}

extension Figure {
  /// Whether a panel writes the numbers of its axes: not if one further down, or further left,
  /// writes the same.
  fileprivate func isNamed(_ row: Int, _ column: Int) -> (horizontal: Bool, vertical: Bool) {
    guard let panel = self[row, column] else { return (false, false) }
    func isLinked(_ one: Axis, _ other: Axis?) -> Bool {
      one.link != nil && one.link == other?.link
    }
    let below = rows.indices.dropFirst(row + 1).contains {
      isLinked(panel.horizontal, self[$0, column]?.horizontal)
    }
    let left = columns.indices.prefix(column).contains {
      isLinked(panel.vertical, self[row, $0]?.vertical)
    }
    return (!below, !left)
  }
}
