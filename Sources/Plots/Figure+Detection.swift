import Media

extension Figure {
  /// An image, and over it where its surprise lies: bits a pixel, a number a pixel.
  public static func surprise(_ image: Image, _ bits: Grid, title: String = "") -> Figure {
    precondition(bits.columns == image.width && bits.rows == image.height, "a number a pixel")
    // what stands out is not to be hidden by a single pixel that does more so
    let sorted = bits.values.filter(\.isFinite).sorted()
    let low = sorted.isEmpty ? 0 : sorted[sorted.count / 100]
    let high = sorted.isEmpty ? 1 : sorted[(sorted.count - 1) * 995 / 1000]
    let limits = low...max(high, low + 1e-6)
    var figure = Figure(title, width: 640, height: 320, columns: [1, 1.15])
    figure[0, 0] = .picture(image, title: "image")
    var surprise = Panel.picture(image.tinted(by: bits, limits), title: "surprise")
    // the picture hides the map, but not the bar that explains its colours
    let map = Grid(
      x: image.square.x, y: image.square.y, columns: bits.columns, values: bits.values)
    surprise.marks.insert(
      .heatMap(map, colors: .glow, limits: limits, bar: "bits a pixel"), at: 0)
    figure[0, 1] = surprise
    return figure
  }

  /// A sound's curve, and below it by moments where its surprise lies: bits a sample.
  public static func surprise(
    waveform: [Double], rate: Double, moments: Grid, title: String = ""
  ) -> Figure {
    var figure = Figure(title, width: 900, height: 380, rows: [2.2, 1.3])
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
      "surprise, bits a sample", x: x, y: Axis(range: 0...1, ticks: []),
      marks: [.heatMap(moments, colors: .glow, limits: limits(moments.values), bar: "bits")])
    return figure
  }

  /// From the least on, as far as one that is far out leaves the others their colours.
  private static func limits(_ values: [Double]) -> ClosedRange<Double> {
    let sorted = values.filter(\.isFinite).sorted()
    guard let low = sorted.first, let high = sorted.last else { return 0...1 }
    let (lower, upper) = (sorted[sorted.count / 4], sorted[sorted.count * 3 / 4])
    return low...max(low + 1e-6, min(high, upper + 5 * max(upper - lower, 0.1)))
  }

  /// Files of one kind: what they score and, where good ones are known, the part of them that is
  /// found against the part of good ones that raise a false alarm.
  public struct TestedKind: Sendable {
    let name: String
    let scores: [Double]
    let found: Curve?

    /// A kind by its name, with what its files score.
    public init(name: String, scores: [Double], found: Curve? = nil) {
      (self.name, self.scores, self.found) = (name, scores, found)
    }
  }

  /// What known-good and tested files score, what lies far out at the edges; where the alarm
  /// begins; and how many of each kind are found against false alarms.
  public static func scores(
    known: [Double], tested: [TestedKind], threshold: Double, label: String, title: String = ""
  ) -> Figure {
    let found = tested.enumerated().compactMap { i, kind in
      kind.found.map { Mark.line($0, color: .series(i), style: .series(i), label: kind.name) }
    }
    var figure = Figure(
      title, width: found.isEmpty ? 560 : 900, height: 380,
      columns: found.isEmpty ? [1] : [1.3, 1])
    let range = view(known, tested.flatMap(\.scores), threshold)
    func histogram(_ scores: [Double], _ color: Color, isFilled: Bool, _ label: String) -> Mark {
      .histogram(
        scores.map { min(max($0, range.lowerBound), range.upperBound) }, bins: 50, range: range,
        color: color, isFilled: isFilled, label: label)
    }
    let own = histogram(known, .gray, isFilled: true, "known to be good")
    let others = tested.enumerated().map { i, kind in
      let beyond = kind.scores.count { !range.contains($0) }
      return histogram(
        kind.scores, .series(i), isFilled: false,
        kind.name + (beyond > 0 ? ", \(beyond) beyond" : ""))
    }
    // what is piled up at the edges runs out of the panel
    let top = 1.5 * max(own.shape.extent.y.upper, 1e-9)
    figure[0, 0] = Panel(
      x: Axis(label, range: range), y: Axis("density", range: 0...top),
      marks: [own] + others
        + [
          .line(
            Curve(x: [threshold, threshold], y: [0, top]), color: .black, width: 1.2,
            style: .dashed, label: "alarm")
        ])
    guard !found.isEmpty else { return figure }
    let diagonal = Curve(x: [0, 1], y: [0, 1])
    figure[0, 1] = Panel(
      x: Axis("false alarms", range: 0...1), y: Axis("found", range: 0...1),
      marks: [.line(diagonal, color: .gray, width: 0.8, style: .dotted)] + found)
    return figure
  }

  /// All that known-good files score and as much beyond, or what is tested where that is less.
  private static func view(_ known: [Double], _ tested: [Double], _ threshold: Double)
    -> ClosedRange<Double>
  {
    let own = known.filter(\.isFinite)
    let (low, high) = (own.min() ?? 0, max(own.max() ?? 1, threshold.isFinite ? threshold : 0))
    let span = max(high - low, 1e-9)
    let most = tested.filter(\.isFinite).max() ?? high
    let least = tested.filter(\.isFinite).min() ?? low
    return max(min(least, low), low - span)...max(high + span / 20, min(most, high + span))
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
        let color = ColorMap.glow.color(
          value.isNaN ? 1 : (value - limits.lowerBound) / span)
        let own = Double(gray[y * width + x]) / 255
        for part in [color.red, color.green, color.blue] {
          pixels.append(UInt8((255 * (0.3 * own + 0.7 * part)).rounded()))
        }
      }
    }
    return Image(width: width, height: height, channels: 3, pixels: pixels)
  }
}
