extension Mark {
  /// A short text in the middle of a place, legible over anything; it widens no axis.
  public static func note(
    _ text: String, x: Double, y: Double, color: Color = .black
  ) -> Mark {
    Mark(shape: NoteShape(text: text, x: x, y: y, color: color), label: nil)
  }
}

struct NoteShape: Shape {
  let text: String
  let x, y: Double
  let color: Color

  var extent: (x: Extent, y: Extent) { (Extent(), Extent()) }

  func draw(on canvas: Canvas, in frame: Frame) {
    guard x.isFinite, y.isFinite else { return }
    let font = Canvas.Font.label
    let room = frame.rect
    let text = canvas.shortened(Figure.oneLine(text), to: room.width - 8, font)
    // Within the panel, whatever it is of the place that lies there.
    let half = canvas.width(text, font) / 2 + 4
    let place = frame.place(x, y)
    canvas.write(
      text, x: min(max(place.x, room.x + half), room.right - half),
      y: min(max(place.y, room.y + 9), room.bottom - 9), font, .center, color, halo: true)
  }
}
