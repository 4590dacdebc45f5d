/// The marks' names with small pictures, in as many lines as they need.
struct Legend {
  /// A mark that has a name.
  struct Entry {
    let swatch: Swatch
    let label: String

    init?(_ mark: Mark) {
      guard let swatch = mark.shape.swatch, let label = mark.label else { return nil }
      (self.swatch, self.label) = (swatch, Figure.oneLine(label))
    }
  }

  private var places: [(swatch: Swatch, label: String, x: Double, line: Int)] = []
  private var lines = 0

  private static let lineHeight = 14.0
  private static let gap = 12.0

  /// Lays entries out in lines of a width; one that has no room alone is shortened.
  init(_ entries: [Entry], width: Double, on canvas: Canvas) {
    var x = 0.0
    for entry in entries {
      let label = canvas.shortened(entry.label, to: width - Swatch.width, .tick)
      let length = Swatch.width + canvas.width(label, .tick)
      if lines == 0 || x + length > width {
        lines += 1
        x = 0
      }
      places.append((entry.swatch, label, x, lines - 1))
      x += length + Self.gap
    }
  }

  var height: Double { lines == 0 ? 0 : Double(lines) * Self.lineHeight + 2 }

  /// Draws it below `y`, from `x` to the right.
  func draw(on canvas: Canvas, x: Double, y: Double) {
    for place in places {
      let middle = y + (Double(place.line) + 0.5) * Self.lineHeight
      place.swatch.draw(on: canvas, x: x + place.x, y: middle)
      canvas.write(place.label, x: x + place.x + Swatch.width, y: middle, .tick, .left)
    }
  }
}
