extension Figure {
  func draw(on canvas: Canvas) {
    canvas.fill(Rect(x: 0, y: 0, width: width, height: height), .white)
    let layout = Layout(self, on: canvas)
    canvas.write(layout.heading, x: Layout.edge, y: 18, .heading, .left)
    layout.key.draw(on: canvas, x: Layout.edge, y: layout.top.key)
    for cell in layout.cells {
      drawTitle(cell, canvas)
      drawMarks(cell, canvas)
      drawHorizontalAxis(cell, canvas)
      drawVerticalAxis(cell, canvas)
      if let bar = cell.panel.colorBar { draw(bar, beside: cell.frame.rect, canvas) }
    }
  }

  private static let line = Color(hex: 0x707070)
  private static let grid = Color(hex: 0xECECEC)

  /// Title and legend.
  private func drawTitle(_ cell: Layout.Cell, _ canvas: Canvas) {
    let rect = cell.frame.rect
    var y = rect.y - cell.margins.top
    if !cell.panel.title.isEmpty {
      let room = rect.width + cell.margins.right
      let title = canvas.shortened(Figure.oneLine(cell.panel.title), to: room, .title)
      canvas.write(title, x: rect.x, y: y + Layout.titleHeight / 2, .title, .left)
      y += Layout.titleHeight
    }
    cell.legend.draw(on: canvas, x: rect.x, y: y)
  }

  private func drawMarks(_ cell: Layout.Cell, _ canvas: Canvas) {
    let frame = cell.frame
    let rect = frame.rect
    canvas.clipped(to: rect) {
      for value in cell.ticks.horizontal.values {
        let x = rect.x + frame.horizontal.fraction(value) * rect.width
        canvas.stroke([(x, rect.y), (x, rect.bottom)], Self.grid, width: 0.8)
      }
      for value in cell.ticks.vertical.values {
        let y = rect.bottom - frame.vertical.fraction(value) * rect.height
        canvas.stroke([(rect.x, y), (rect.right, y)], Self.grid, width: 0.8)
      }
      for mark in cell.panel.marks { mark.shape.draw(on: canvas, in: frame) }
    }
    canvas.stroke(rect, Self.line, width: 0.8)
  }

  private func drawHorizontalAxis(_ cell: Layout.Cell, _ canvas: Canvas) {
    let rect = cell.frame.rect
    for (value, label) in zip(cell.ticks.horizontal.values, cell.ticks.horizontal.labels) {
      let x = rect.x + cell.frame.horizontal.fraction(value) * rect.width
      guard cell.isNamed.horizontal else { continue }
      canvas.stroke(
        [(x, rect.bottom), (x, rect.bottom + Layout.tickLength)], Self.line, width: 0.8)
      canvas.write(label, x: x, y: rect.bottom + Layout.tickLength + 8, .tick, .center)
    }
    guard cell.isNamed.horizontal else { return }
    let label = canvas.shortened(
      Figure.oneLine(cell.panel.horizontal.label), to: rect.width + 10, .label)
    canvas.write(
      label, x: rect.x + rect.width / 2,
      y: rect.bottom + cell.margins.bottom - Layout.labelHeight / 2, .label, .center)
  }

  private func drawVerticalAxis(_ cell: Layout.Cell, _ canvas: Canvas) {
    let rect = cell.frame.rect
    guard cell.isNamed.vertical else { return }
    for (value, label) in zip(cell.ticks.vertical.values, cell.ticks.vertical.labels) {
      let y = rect.bottom - cell.frame.vertical.fraction(value) * rect.height
      canvas.stroke([(rect.x - Layout.tickLength, y), (rect.x, y)], Self.line, width: 0.8)
      canvas.write(label, x: rect.x - Layout.tickLength - 3, y: y, .tick, .right)
    }
    let label = canvas.shortened(
      Figure.oneLine(cell.panel.vertical.label), to: rect.height + 10, .label)
    canvas.write(
      label, x: rect.x - cell.margins.left + Layout.labelHeight / 2 + 3,
      y: rect.y + rect.height / 2, .label, .center, upwards: true)
  }

  private func draw(_ bar: ColorBar, beside rect: Rect, _ canvas: Canvas) {
    let box = Rect(x: rect.right + 8, y: rect.y, width: 10, height: rect.height)
    let shades = 128
    canvas.cells(
      (0..<shades).map { bar.map.color(1 - (Double($0) + 0.5) / Double(shades)) }, columns: 1,
      in: box)
    canvas.stroke(box, Self.line, width: 0.8)
    let ticks = Layout.barTicks(bar, rect.height)
    var widest = 0.0
    for (value, label) in zip(ticks.values, ticks.labels) {
      let y = box.bottom - bar.scale.fraction(value) * box.height
      canvas.stroke([(box.right, y), (box.right + Layout.tickLength, y)], Self.line, width: 0.8)
      canvas.write(label, x: box.right + Layout.tickLength + 3, y: y, .tick, .left)
      widest = max(widest, canvas.width(label, .tick))
    }
    let label = canvas.shortened(Figure.oneLine(bar.label), to: rect.height, .label)
    canvas.write(
      label, x: box.right + Layout.tickLength + 3 + widest + Layout.labelHeight / 2 + 1,
      y: rect.y + rect.height / 2, .label, .center, upwards: true)
  }
}
