extension Image {
  /// The images side by side in rows, on dark gray.
  ///
  /// All have one shape. `columns` is by default what makes the grid near a square, with whole rows
  /// where possible; `gap` is in pixels of the result; `scale` enlarges each pixel to a block, and
  /// nil chooses it, up to 4, so that the longer side is at most about 1000 pixels.
  public static func grid(
    _ images: [Image], columns: Int? = nil, gap: Int = 2, scale: Int? = 1
  ) -> Image {
    placed(images, columns, gap, scale, isStrip: false)
  }

  /// The images one after the other: in one row if they are few, else wrapped as in `grid`.
  ///
  /// `columns`, `gap` and `scale` are those of `grid`.
  public static func strip(
    _ images: [Image], columns: Int? = nil, gap: Int = 2, scale: Int? = 1
  ) -> Image {
    placed(images, columns, gap, scale, isStrip: true)
  }

  private static func placed(
    _ images: [Image], _ columns: Int?, _ gap: Int, _ scale: Int?, isStrip: Bool
  ) -> Image {
    precondition(!images.isEmpty, "a grid holds at least one image")
    let (width, height, channels) = (images[0].width, images[0].height, images[0].channels)
    precondition(
      images.allSatisfy { $0.width == width && $0.height == height && $0.channels == channels },
      "all images of a grid have one shape")
    let grid = GridLayout(
      images.count, width: width, height: height, columns: columns, gap: gap, scale: scale,
      isStrip: isStrip)
    let scale = grid.scale
    let background: UInt8 = 40
    var samples = [UInt8](repeating: background, count: grid.width * grid.height * channels)
    for (i, image) in images.enumerated() {
      let left = i % grid.columns * grid.step.across + gap
      let top = i / grid.columns * grid.step.down + gap
      for y in 0..<height * scale {
        var to = ((top + y) * grid.width + left) * channels
        for x in 0..<width * scale {
          let from = (y / scale * width + x / scale) * channels
          for c in 0..<channels { samples[to + c] = image.pixels[from + c] }
          to += channels
        }
      }
    }
    return Image(width: grid.width, height: grid.height, channels: channels, pixels: samples)
  }
}
