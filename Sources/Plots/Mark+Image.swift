import Media

extension Mark {
  /// A picture, its pixels as they are, over a rectangle.
  public static func image(_ image: Image, x: ClosedRange<Double>, y: ClosedRange<Double>) -> Mark {
    Mark(shape: ImageShape(image: image, x: x, y: y), label: nil)
  }
}

extension Image {
  /// Where it stands in the middle of the smallest square that holds it, a unit a pixel.
  var square: (side: Double, x: ClosedRange<Double>, y: ClosedRange<Double>) {
    let (w, h) = (Double(width), Double(height))
    let side = max(w, h)
    return (side, (side - w) / 2...(side + w) / 2, (side - h) / 2...(side + h) / 2)
  }
}

extension Panel {
  /// A picture in a square, so that pixels are as high as wide.
  static func picture(_ image: Image, title: String) -> Panel {
    let square = image.square
    let axis = Axis(range: 0...square.side, ticks: [])
    return Panel(title, x: axis, y: axis, marks: [.image(image, x: square.x, y: square.y)])
  }
}

struct ImageShape: Shape {
  let image: Image
  let x, y: ClosedRange<Double>

  var extent: (x: Extent, y: Extent) {
    (Extent([x.lowerBound, x.upperBound]), Extent([y.lowerBound, y.upperBound]))
  }

  func draw(on canvas: Canvas, in frame: Frame) {
    let c = image.channels
    let cells = (0..<image.width * image.height).map { i -> Color? in
      func part(_ channel: Int) -> Double {
        Double(image.pixels[i * c + min(channel, c - 1)]) / 255
      }
      return Color(red: part(0), green: part(1), blue: part(2))
    }
    canvas.cells(cells, columns: image.width, in: frame.rect(x, y))
  }
}
