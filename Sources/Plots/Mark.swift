/// Something drawn in a panel: a histogram, a line, points, a band, a heat map, a text.
///
/// Made by the functions in the files `Mark+…`. Numbers that are not finite are passed over.
public struct Mark: Sendable {
  let shape: any Shape
  /// What the legend says of it; nil to say nothing.
  let label: String?

  /// The same mark, of which a legend says nothing.
  public var unnamed: Mark { Mark(shape: shape, label: nil) }
}

/// What a mark does.
protocol Shape: Sendable {
  /// What it spans in x and in y.
  var extent: (x: Extent, y: Extent) { get }
  /// How the legend shows it; nil if it has no place there.
  var swatch: Swatch? { get }
  /// What the bar beside the panel explains.
  var colorBar: ColorBar? { get }

  func draw(on canvas: Canvas, in frame: Frame)
}

extension Shape {
  var swatch: Swatch? { nil }
  var colorBar: ColorBar? { nil }
}

/// A small picture of a mark in a legend.
enum Swatch: Equatable {
  case area(Color)
  case line(Color, width: Double, dashes: [Double], marked: Bool)
  case dots(Color)

  static let width = 18.0

  func draw(on canvas: Canvas, x: Double, y: Double) {
    switch self {
    case .area(let color):
      canvas.fill(Rect(x: x + 3, y: y - 4, width: 12, height: 8), color)
    case .line(let color, let width, let dashes, let marked):
      canvas.stroke([(x, y), (x + Self.width - 3, y)], color, width: width, dashes: dashes)
      if marked { dot(x + (Self.width - 3) / 2, 2.8, canvas, y, color) }
    case .dots(let color):
      dot(x + 7.5, 2.8, canvas, y, color)
    }
  }

  private func dot(_ x: Double, _ radius: Double, _ canvas: Canvas, _ y: Double, _ color: Color) {
    let room = Rect(x: x - 5, y: y - 5, width: 10, height: 10)
    canvas.discs([(x, y)], radius: radius, color, in: room)
  }
}

/// The scale of a heat map.
struct ColorBar {
  let map: ColorMap
  let scale: Scale
  /// What the colours stand for.
  let label: String
}
