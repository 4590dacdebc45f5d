extension Image {
  /// The centre of the image; an odd remainder is cut at the right and at the bottom.
  public func cropped(width newWidth: Int, height newHeight: Int) -> Image {
    precondition(newWidth <= width && newHeight <= height, "a crop is no larger than the image")
    if newWidth == width && newHeight == height { return self }
    return cropped(
      left: (width - newWidth) / 2, top: (height - newHeight) / 2, width: newWidth,
      height: newHeight)
  }

  /// A part of the image.
  public func cropped(left: Int, top: Int, width newWidth: Int, height newHeight: Int) -> Image {
    precondition(
      left >= 0 && top >= 0 && left + newWidth <= width && top + newHeight <= height,
      "the part lies in the image")
    var samples: [UInt8] = []
    samples.reserveCapacity(newWidth * newHeight * channels)
    for y in top..<top + newHeight {
      let start = (y * width + left) * channels
      samples += pixels[start..<start + newWidth * channels]
    }
    return Image(width: newWidth, height: newHeight, channels: channels, pixels: samples)
  }

  /// The image scaled down: each new pixel is the mean of the area that it covers, to the exact
  /// fraction, rounded once to the nearest integer.
  public func scaledByArea(width newWidth: Int, height newHeight: Int) -> Image {
    precondition(newWidth > 0 && newHeight > 0, "an image has at least one pixel")
    precondition(newWidth <= width && newHeight <= height, "scaling is downwards only")
    if newWidth == width && newHeight == height { return self }
    let columns = Share.list(from: width, to: newWidth)
    let rows = Share.list(from: height, to: newHeight)
    let area = width * height  // The weights of one new pixel sum to this.
    let rowCount = newWidth * channels

    var samples: [UInt8] = []
    samples.reserveCapacity(newHeight * rowCount)
    var sums = [Int](repeating: 0, count: rowCount)
    for (y, row) in rows.enumerated() {
      let line = squeezedRow(y, columns, rowCount)
      for i in 0..<rowCount { sums[i] += row.first * line[i] }
      if row.isLast {
        samples += sums.map { UInt8((2 * $0 + area) / (2 * area)) }
        sums = line.map { row.second * $0 }
      }
    }
    return Image(width: newWidth, height: newHeight, channels: channels, pixels: samples)
  }

  /// The image brought to a size: scaled down until it just covers it, then cropped at the centre.
  ///
  /// Nil if the image is smaller in either side: scaling up would invent pixels.
  public func fitted(width newWidth: Int, height newHeight: Int) -> Image? {
    precondition(newWidth > 0 && newHeight > 0, "an image has at least one pixel")
    guard width >= newWidth && height >= newHeight else { return nil }
    func rounded(_ a: Int, over b: Int) -> Int { (2 * a + b) / (2 * b) }
    let isTall = height * newWidth >= width * newHeight
    let covering =
      isTall
      ? scaledByArea(width: newWidth, height: rounded(height * newWidth, over: width))
      : scaledByArea(width: rounded(width * newHeight, over: height), height: newHeight)
    return covering.cropped(width: newWidth, height: newHeight)
  }

  /// The image as gray (1) or RGB (3): gray is repeated, RGB becomes its Rec. 601 luma, rounded.
  public func converted(channels newChannels: Int) -> Image {
    precondition(newChannels == 1 || newChannels == 3, "an image has one channel or three")
    if newChannels == channels { return self }
    let samples: [UInt8]
    if newChannels == 3 {
      samples = pixels.flatMap { [$0, $0, $0] }
    } else {
      samples = (0..<width * height).map { i in
        let (r, g, b) = (Int(pixels[3 * i]), Int(pixels[3 * i + 1]), Int(pixels[3 * i + 2]))
        return UInt8((299 * r + 587 * g + 114 * b + 500) / 1000)
      }
    }
    return Image(width: width, height: height, channels: newChannels, pixels: samples)
  }

  /// Row `y`, its columns summed by their shares.
  private func squeezedRow(_ y: Int, _ columns: [Share], _ count: Int) -> [Int] {
    var line = [Int](repeating: 0, count: count)
    var from = y * width * channels
    var to = 0
    for column in columns {
      for c in 0..<channels {
        let sample = Int(pixels[from + c])
        line[to + c] += column.first * sample
        if column.second > 0 { line[to + channels + c] += column.second * sample }
      }
      from += channels
      if column.isLast { to += channels }
    }
    return line
  }
}

/// How one old row or column is shared among the new ones. Scaling down, it lies in at most two:
/// `first` of it in the one being filled, `second` in the next, in units of 1/new.
private struct Share {
  let first: Int
  let second: Int
  /// Whether it fills the current one up.
  let isLast: Bool

  static func list(from old: Int, to new: Int) -> [Share] {
    (0..<old).map { i in
      let start = i * new
      let boundary = (start / old + 1) * old
      let first = min(new, boundary - start)
      return Share(first: first, second: new - first, isLast: start + new >= boundary)
    }
  }
}
