extension Image {
  /// The images side by side in rows, on dark gray.
  ///
  /// All have one shape. `columns` is by default what makes the grid near a square, with whole rows
  /// where possible; `gap` is in pixels of the result; `scale` enlarges each pixel to a block, and nil
  /// chooses it, up to 4, so that the longer side is at most about 1000 pixels.
  public static func grid(
    _ images: [Image], columns: Int? = nil, gap: Int = 2, scale: Int? = 1
  ) -> Image {
    precondition(!images.isEmpty, "a grid holds at least one image")
    let (width, height, channels) = (images[0].width, images[0].height, images[0].channels)
    precondition(
      images.allSatisfy { $0.width == width && $0.height == height && $0.channels == channels },
      "all images of a grid have one shape")
    let columns =
      columns ?? squareColumns(images.count, aspect: Double(width) / Double(height))
    precondition(columns > 0 && gap >= 0 && scale ?? 1 > 0, "a grid has columns, gap and scale")
    let rows = (images.count + columns - 1) / columns
    let scale = scale ?? min(4, max(1, 1000 / max(columns * width, rows * height)))

    let (cellWidth, cellHeight) = (width * scale, height * scale)
    let gridWidth = columns * (cellWidth + gap) + gap
    let gridHeight = rows * (cellHeight + gap) + gap
    let background: UInt8 = 40
    var samples = [UInt8](repeating: background, count: gridWidth * gridHeight * channels)
    for (i, image) in images.enumerated() {
      let left = i % columns * (cellWidth + gap) + gap
      let top = i / columns * (cellHeight + gap) + gap
      for y in 0..<cellHeight {
        var to = ((top + y) * gridWidth + left) * channels
        for x in 0..<cellWidth {
          let from = (y / scale * width + x / scale) * channels
          for c in 0..<channels { samples[to + c] = image.pixels[from + c] }
          to += channels
        }
      }
    }
    return Image(width: gridWidth, height: gridHeight, channels: channels, pixels: samples)
  }

  /// The images one after the other: in one row if they are few, else wrapped as in `grid`.
  ///
  /// `columns`, `gap` and `scale` are those of `grid`.
  public static func strip(
    _ images: [Image], columns: Int? = nil, gap: Int = 2, scale: Int? = 1
  ) -> Image {
    let columns = columns ?? (images.count <= longestRow ? images.count : nil)
    return grid(images, columns: columns, gap: gap, scale: scale)
  }

  /// The most images that a strip has in one row.
  private static let longestRow = 12

  /// Columns of a grid near a square, of images `aspect` times as wide as high: the first number from
  /// √(count / aspect) up to half as many again that leaves no row unfinished.
  private static func squareColumns(_ count: Int, aspect: Double) -> Int {
    let root = (Double(count) / aspect).squareRoot()
    let least = min(count, max(1, Int(root.rounded(.up))))
    let most = min(count, least + least / 2)
    return (least...most).first { count % $0 == 0 } ?? least
  }
}
