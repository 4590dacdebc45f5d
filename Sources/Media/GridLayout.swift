/// Where images of one size stand in a grid.
public struct GridLayout: Sendable {
  /// Images in a row, and rows.
  public let columns, rows: Int
  /// Pixels of the result for each of an image, on either axis.
  public let scale: Int
  /// The size of the result in pixels.
  public let width, height: Int
  /// Pixels from one image to the next.
  let step: (across: Int, down: Int)

  /// The grid of `count` images of one size; `columns`, `gap` and `scale` as in `Image.grid`, and
  /// of a `strip` as in `Image.strip`.
  public init(
    _ count: Int, width: Int, height: Int, columns: Int? = nil, gap: Int = 2, scale: Int? = 1,
    isStrip: Bool = false
  ) {
    precondition(count > 0, "a grid holds at least one image")
    let columns =
      columns
      ?? (isStrip && count <= Self.longestRow
        ? count : Self.squareColumns(count, aspect: Double(width) / Double(height)))
    precondition(columns > 0 && gap >= 0 && scale ?? 1 > 0, "a grid has columns, gap and scale")
    (self.columns, rows) = (columns, (count + columns - 1) / columns)
    self.scale = scale ?? min(4, max(1, 1000 / max(columns * width, rows * height)))
    step = (width * self.scale + gap, height * self.scale + gap)
    self.width = columns * step.across + gap
    self.height = rows * step.down + gap
  }

  /// The most images that a strip has in one row.
  private static let longestRow = 12

  /// Columns of a grid near a square, of images `aspect` times as wide as high: the first number
  /// from √(count / aspect) up to half as many again that leaves no row unfinished.
  private static func squareColumns(_ count: Int, aspect: Double) -> Int {
    let root = (Double(count) / aspect).squareRoot()
    let least = min(count, max(1, Int(root.rounded(.up))))
    let most = min(count, least + least / 2)
    return (least...most).first { count % $0 == 0 } ?? least
  }
}
