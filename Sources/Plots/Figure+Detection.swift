import Media

extension Figure {
  /// An image, and over it where its surprise lies: bits a pixel, a number a pixel.
  public static func surprise(_ image: Image, _ bits: Grid, title: String = "") -> Figure {
    precondition(bits.columns == image.width && bits.rows == image.height, "a number a pixel")
    let (w, h) = (Double(image.width), Double(image.height))
    let most = max(w, h)
    let (x, y) = ((most - w) / 2...(most + w) / 2, (most - h) / 2...(most + h) / 2)
    // what stands out is not to be hidden by a single pixel that does more so
    let sorted = bits.values.filter(\.isFinite).sorted()
    let low = sorted.isEmpty ? 0 : sorted[sorted.count / 100]
    let high = sorted.isEmpty ? 1 : sorted[(sorted.count - 1) * 995 / 1000]
    let limits = low...max(high, low + 1e-6)
    var figure = Figure(title, width: 640, height: 320, columns: [1, 1.15])
    let axis = Axis(range: 0...most, ticks: [])
    figure[0, 0] = Panel("image", x: axis, y: axis, marks: [.image(image, x: x, y: y)])
    let own = Grid(x: x, y: y, columns: bits.columns, values: bits.values)
    figure[0, 1] = Panel(
      "surprise", x: axis, y: axis,
      marks: [
        .heatMap(own, colors: .glow, limits: limits, bar: "bits a pixel"),
        .image(image.tinted(by: bits, limits), x: x, y: y),
      ])
    return figure
  }

  /// A sound's curve, and below it by moments where its surprise lies: bits a sample.
  public static func surprise(
    waveform: [Double], rate: Double, moments: Grid, title: String = ""
  ) -> Figure {
    var figure = Figure(title, width: 900, height: 320, rows: [3, 1.2])
    let x = Axis("seconds", range: 0...Double(waveform.count) / rate, link: "seconds")
    // the extremes of each stretch, so that none is lost
    let stretch = max(1, waveform.count / 2000)
    var (times, values) = ([Double](), [Double]())
    for first in stride(from: 0, to: waveform.count, by: stretch) {
      let part = waveform[first..<min(first + stretch, waveform.count)]
      for value in [part.min(), part.max()].compactMap(\.self) {
        times.append(Double(first) / rate)
        values.append(value)
      }
    }
    figure[0, 0] = Panel(
      x: x, y: Axis("sample"), marks: [.line(Curve(x: times, y: values), width: 0.8)])
    figure[1, 0] = Panel(
      x: x, y: Axis(range: 0...1, ticks: []),
      marks: [.heatMap(moments, colors: .glow, bar: "bits a sample")])
    return figure
  }

  /// What known-good and tested files score, where the alarm begins and, of labelled ones, how many
  /// of each kind are found against how many good ones raise a false alarm.
  public static func scores(
    known: [Double], tested: [(name: String, scores: [Double])], threshold: Double,
    rates: [(name: String, curve: Curve)], label: String, title: String = ""
  ) -> Figure {
    var figure = Figure(
      title, width: rates.isEmpty ? 560 : 900, height: 380,
      columns: rates.isEmpty ? [1] : [1.3, 1])
    let all = (known + tested.flatMap(\.scores)).filter(\.isFinite)
    let range = Figure.view(of: all)
    let histograms = tested.enumerated().map { i, one in
      Mark.histogram(
        one.scores, bins: 50, range: range, color: .series(i), isFilled: false, label: one.name)
    }
    let heights = [Mark.histogram(known, bins: 50, range: range)] + histograms
    let top = heights.compactMap { $0.shape.extent.y.isEmpty ? nil : $0.shape.extent.y.upper }.max()
    figure[0, 0] = Panel(
      x: Axis(label, range: range), y: Axis("density"),
      marks: [.histogram(known, bins: 50, range: range, label: "known to be good")] + histograms
        + [
          .line(
            Curve(x: [threshold, threshold], y: [0, top ?? 1]), color: .vermilion, width: 1.2,
            style: .dashed, label: "alarm")
        ])
    guard !rates.isEmpty else { return figure }
    figure[0, 1] = Panel(
      x: Axis("false alarms", range: 0...1), y: Axis("found", range: 0...1),
      marks: rates.enumerated().map { i, rate in
        .line(rate.curve, color: .series(i), label: rate.name)
      } + [.line(Curve(x: [0, 1], y: [0, 1]), color: .gray, width: 0.8, style: .dotted)])
    return figure
  }
}

extension Image {
  /// In gray, the colours of numbers over it.
  fileprivate func tinted(by grid: Grid, _ limits: ClosedRange<Double>) -> Image {
    let gray = converted(channels: 1).pixels
    let span = limits.upperBound - limits.lowerBound
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * gray.count)
    for y in 0..<height {
      for x in 0..<width {
        let value = grid.values[(height - 1 - y) * width + x]
        let color = ColorMap.glow.color((value - limits.lowerBound) / span)
        let own = Double(gray[y * width + x]) / 255
        for part in [color.red, color.green, color.blue] {
          pixels.append(UInt8((255 * (0.3 * own + 0.7 * part)).rounded()))
        }
      }
    }
    return Image(width: width, height: height, channels: 3, pixels: pixels)
  }
}
