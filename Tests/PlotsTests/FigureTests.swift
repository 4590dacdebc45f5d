import Foundation
import Media
import Testing

@testable import Plots

@Suite struct FigureTests {
  private let normal = Curve(over: -4...4) { exp(-$0 * $0 / 2) / (2 * Double.pi).squareRoot() }
  private let folder = "\(NSTemporaryDirectory())/plots-\(UUID().uuidString)"

  /// Draws to a file and reads it back.
  private func drawn(_ figure: Figure, pixelsPerPoint: Double = 1) throws -> Image {
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try figure.write(to: "\(folder)/figure.png", pixelsPerPoint: pixelsPerPoint)
    return try PNG.read("\(folder)/figure.png").image
  }

  private func pixel(_ image: Image, _ x: Double, _ y: Double) -> Color {
    let start = (Int(y) * image.width + Int(x)) * 3
    let parts = image.pixels[start..<start + 3].map { Double($0) / 255 }
    return Color(red: parts[0], green: parts[1], blue: parts[2])
  }

  private func isNear(_ one: Color, _ other: Color) -> Bool {
    abs(one.red - other.red) + abs(one.green - other.green) + abs(one.blue - other.blue) < 0.05
  }

  /// How many different colours an image has, as far as every third pixel shows it.
  private func colors(_ image: Image) -> Int {
    image.pixels.withUnsafeBufferPointer { pixels in
      var seen = Set<Int>()
      for i in stride(from: 0, to: pixels.count, by: 9) {
        seen.insert(Int(pixels[i]) << 16 | Int(pixels[i + 1]) << 8 | Int(pixels[i + 2]))
      }
      return seen.count
    }
  }

  /// Every finished picture.
  private func pictures(_ values: [Double]) -> [Figure] {
    let pair = (x: values, y: Array(values.reversed()))
    return [
      .oneDimensional(
        data: values, density: normal, components: [normal], map: normal, latents: values,
        base: normal),
      .changeOfVariables(map: normal, density: normal, base: normal, interval: -1...1),
      .twoDimensional(
        density: Grid(x: -1...1, y: 0...2, columns: 3, rows: 2) { $0 + $1 }, data: pair,
        samples: pair),
      .autoencoder(
        [("one", Image(width: 9, height: 8, channels: 3, pixels: (0..<216).map { UInt8($0) }))],
        posteriors: [
          .init(
            "p", truth: Grid(x: -1...1, y: 0...2, columns: 3, rows: 3) { $0 + $1 },
            approximation: Grid(x: -1...1, y: 0...2, columns: 3, rows: 3) { $0 * $1 })
        ]),
      .corner(data: [pair.x, pair.y], samples: [pair.x, pair.y], names: ["one", "two"]),
      .curves(
        [("one", Curve(x: pair.x, y: pair.y), pair.x)], levels: [("two", 1)], x: "K", y: "nats"),
      .curves([("one", Curve(x: pair.x, y: pair.y), nil)], x: "K", y: "nats", isLogarithmic: true),
    ]
  }

  @Test func pngAndSvgHaveTheFiguresSize() throws {
    for figure in pictures([-1, 0, 0.5, 1]) {
      let image = try drawn(figure, pixelsPerPoint: 1.5)
      #expect(image.width == Int(figure.width * 1.5) && image.height == Int(figure.height * 1.5))
      #expect(image.channels == 3 && colors(image) > 50)
      let bytes = try figure.encoded(as: .svg, pixelsPerPoint: 1, for: "a.svg")
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(text.contains("viewBox=\"0 0 \(Int(figure.width)) \(Int(figure.height))\""))
      #expect(isClosed(text))
    }
  }

  /// As far as a test needs it.
  private func isClosed(_ text: String) -> Bool {
    text.hasPrefix("<?xml") && text.hasSuffix("</svg>\n")
      && text.components(separatedBy: "<g ").count + text.components(separatedBy: "<g>").count
        == text.components(separatedBy: "</g>").count + 1
  }

  @Test func otherEndingsAreRefusedFirst() throws {
    for path in ["a.jpg", "png", "/no/such/folder/a.pdf", ""] {
      let error = try #require(throws: FileError.self) {
        try Figure(width: 1e9, height: 1e9).write(to: path)
      }
      #expect(error.kind == .unwritable && error.reason.contains(".png or .svg"))
    }
    #expect(try Figure.Format(ofFile: "a.b.PNG") == .png)
    #expect(try Figure.Format(ofFile: "a.Svg") == .svg)
  }

  @Test func whatCannotBeWrittenIsSaid() throws {
    let missing = try #require(throws: FileError.self) {
      try Figure(width: 10, height: 10).write(to: "/no/such/folder/a.png")
    }
    #expect(missing.kind == .unwritable)
    let large = try #require(throws: FileError.self) {
      try Figure(width: 1e8, height: 10).write(to: "a.png")
    }
    #expect(large.kind == .unwritable && !FileManager.default.fileExists(atPath: "a.png"))
  }

  /// A point is drawn where the axes say; rotated, x runs upwards.
  @Test func pointsStandAtTheirPlaces() throws {
    for isRotated in [false, true] {
      var figure = Figure(width: 300, height: 200)
      figure[0, 0] = Panel(
        x: Axis(range: 0...10), y: Axis(range: 100...1000, isLogarithmic: true),
        isRotated: isRotated,
        marks: [.points(x: [2.5], y: [200], color: .green, opacity: 1)])
      let surface = Canvas.Surface(width: 1, height: 1)
      let layout = Layout(figure, on: surface.canvas)
      let rect = try #require(layout.cells.first).frame.rect
      let (x, y) = (0.25, log(2.0) / log(10))
      let image = try drawn(figure)
      #expect(
        isNear(
          pixel(
            image, rect.x + rect.width * (isRotated ? y : x),
            rect.bottom - rect.height * (isRotated ? x : y)), .green))
      let green = (0..<200).flatMap { y in (0..<300).map { x in (Double(x), Double(y)) } }
        .filter { isNear(pixel(image, $0.0, $0.1), .green) }
      #expect((5...40).contains(green.count))
    }
  }

  @Test func linkedAxesShareOneRange() throws {
    var figure = Figure(width: 300, height: 300, rows: [1, 1], columns: [1, 1])
    let curves = [Curve(x: [0, 1], y: [0, 1]), Curve(x: [5, 9], y: [0, 1])]
    figure[0, 0] = Panel(x: Axis("x", link: "x"), marks: [.line(curves[0])])
    figure[1, 0] = Panel(x: Axis("x", link: "x"), marks: [.line(curves[1])])
    figure[1, 1] = Panel(x: Axis(link: "x"), isRotated: true, marks: [.level(0)])
    let surface = Canvas.Surface(width: 1, height: 1)
    let cells = Layout(figure, on: surface.canvas).cells
    #expect(cells[0].frame.horizontal.range == 0...9 && cells[1].frame.horizontal.range == 0...9)
    #expect(cells[2].frame.vertical.range == 0...9)
    #expect(cells.map(\.isNamed.horizontal) == [false, true, true])
    #expect(cells[0].frame.rect.x == cells[1].frame.rect.x)
  }

  /// Without a font all text would be blank, and nothing else would show it.
  @Test func textIsDrawn() throws {
    let surface = Canvas.Surface(width: 1, height: 1)
    #expect(surface.canvas.width("density", .label) > 20)
    let blank = try drawn(Figure(width: 200, height: 60))
    let titled = try drawn(Figure("Density", width: 200, height: 60))
    #expect(colors(blank) == 1 && colors(titled) > 5)
    let long = surface.canvas.shortened(String(repeating: "name ", count: 99), to: 90, .label)
    #expect(long.hasSuffix("…") && surface.canvas.width(long, .label) <= 90)
  }

  @Test func noNumbersCrashOrLoop() throws {
    let huge = Double.greatestFiniteMagnitude
    let tiny = Double.leastNonzeroMagnitude
    let sets: [[Double]] = [
      [], [3], [3, 3, 3], [.nan], [.nan, 1, .infinity, 2, -.infinity], [1e-300, 1, 1e300],
      [-huge, 0, huge], [tiny, 2 * tiny], [1e15, 1e15 + 1], [0], [-7, -7],
    ]
    for values in sets {
      for figure in pictures(values) {
        #expect(try colors(drawn(figure, pixelsPerPoint: 0.5)) > 5)
        _ = try figure.encoded(as: .svg, pixelsPerPoint: 1, for: "a.svg")
      }
    }
    let broken = Curve(x: [.nan, 0, huge], y: [.infinity, -huge, .nan])
    for curve in [broken, Curve(x: [], y: [])] {
      _ = try drawn(
        .changeOfVariables(map: curve, density: curve, base: curve, interval: 0...1, name: ""))
      _ = try drawn(
        .oneDimensional(data: [1], density: curve, map: curve, latents: [], base: curve))
    }
    var grid = Figure(width: 20, height: 20)
    grid[0, 0] = Panel(
      "A title that is far too long", x: Axis("and\u{0}\u{1B}\n a name"),
      marks: [
        .heatMap(Grid(x: 0...0, y: -huge...huge, columns: 1, values: [.nan]), bar: "nothing"),
        .contours(Grid(x: 0...0, y: -huge...huge, columns: 2, values: [.nan, 1, -huge, huge])),
        .note("far", x: 1e9, y: -huge),
      ])
    _ = try drawn(grid)
  }

  @Test func manyPointsAreThinnedAndSaidSo() throws {
    let values = (0..<50_000).map(Double.init)
    let mark = Mark.points(x: values, y: values, label: "data")
    #expect(mark.label == "data, 20,000 of 50,000 shown")
    #expect((mark.shape as? PointsShape)?.x.count == 20_000)
    #expect(Mark.points(x: [1, .nan], y: [1, 2], label: "a").label == "a, 1 of 2 shown")
    #expect(Mark.points(x: [1], y: [1], label: "a").label == "a")
  }

  @Test func aViewLeavesOutWhatIsFarAway() {
    let values = (0...1000).map(Double.init)
    #expect(Figure.view(of: values) == -50...1050)
    let view = Figure.view(of: values + [1e9, .nan, -.infinity])
    #expect(view.lowerBound < 0 && view.upperBound > 1000 && view.upperBound < 2000)
  }

  @Test func histogramsAreDensities() throws {
    let values = (0..<1000).map { Double($0) / 100 } + [.nan]
    let whole = HistogramShape(values, bins: nil, range: nil, color: .gray, isFilled: true)
    let half = HistogramShape(values, bins: 7, range: 0...4.995, color: .gray, isFilled: true)
    func mass(_ shape: HistogramShape) -> Double {
      zip(shape.heights, zip(shape.edges, shape.edges.dropFirst())).reduce(0) {
        $0 + $1.0 * ($1.1.1 - $1.1.0)
      }
    }
    #expect(abs(mass(whole) - 1) < 1e-12 && abs(mass(half) - 0.5) < 1e-12)
  }

  /// The mass of an interval is that of its image, for maps that rise and that fall.
  @Test(arguments: [5.0, -5.0]) func massIsKept(slope: Double) {
    let map = Curve(over: -1...1) { slope * $0 - 2 }
    let density = Curve(over: -1...1, count: 4001) { abs(slope) * normal.value(at: slope * $0 - 2) }
    let mass = FollowedMass(map: map, density: density, base: normal, interval: -0.3...0.1)
    #expect(abs(mass.x - mass.z) < 1e-4 && mass.z > 0.001)
    #expect(abs(mass.image.upperBound - max(slope * -0.3, slope * 0.1) + 2) < 1e-12)
  }

  /// Lightness runs straight in OKLab, so it rises in luminance too.
  @Test func colorMapsKeepTheirOrder() {
    for (map, sign) in [(ColorMap.ink, -1.0), (.glow, 1.0)] {
      let shades = (0...100).map { i in
        let color = map.color(Double(i) / 100)
        return sign * (0.2126 * color.red + 0.7152 * color.green + 0.0722 * color.blue)
      }
      #expect(zip(shades, shades.dropFirst()).allSatisfy(<))
      #expect(map.color(-1) == map.color(0) && map.color(9) == map.color(1))
    }
  }

  /// The level of a cone is a circle, closed: every end is met by another.
  @Test func contoursFollowTheirLevel() {
    let cone = Grid(x: -2...2, y: -2...2, columns: 41, rows: 37) {
      ($0 * $0 + $1 * $1).squareRoot()
    }
    let shape = ContoursShape(grid: cone, levels: [1], color: .black, width: 1)
    let segments = shape.segments()
    #expect(segments.allSatisfy { abs(hypot($0.from.x, $0.from.y) - 1) < 0.01 })
    let length = segments.reduce(0) { $0 + hypot($1.from.x - $1.to.x, $1.from.y - $1.to.y) }
    #expect(abs(length - 2 * Double.pi) < 0.05)
  }

  @Test func heatMapsLieAsTheirAxesSay() throws {
    var figure = Figure(width: 200, height: 200)
    let grid = Grid(x: 0...2, y: 0...2, columns: 2, values: [0, 0, 0, 1])
    for isRotated in [false, true] {
      figure[0, 0] = Panel(isRotated: isRotated, marks: [.heatMap(grid)])
      let surface = Canvas.Surface(width: 1, height: 1)
      let rect = try #require(Layout(figure, on: surface.canvas).cells.first).frame.rect
      let image = try drawn(figure)
      func at(_ x: Double, _ y: Double) -> Color {
        pixel(image, rect.x + x * rect.width, rect.bottom - y * rect.height)
      }
      #expect(isNear(at(0.75, 0.75), ColorMap.ink.color(1)))
      #expect(isNear(at(0.25, 0.75), ColorMap.ink.color(0)))
      #expect(isNear(at(0.75, 0.25), ColorMap.ink.color(0)))
    }
  }
}
