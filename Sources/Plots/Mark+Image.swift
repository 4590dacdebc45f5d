import Media

extension Mark {
  /// A picture, its pixels as they are, over a rectangle.
  public static func image(_ image: Image, x: ClosedRange<Double>, y: ClosedRange<Double>) -> Mark {
    Mark(shape: ImageShape(image: image, x: x, y: y), label: nil)
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
