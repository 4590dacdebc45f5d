import CCairo

/// A rectangle in points, y downwards.
struct Rect: Equatable {
  var x, y, width, height: Double
  var right: Double { x + width }
  var bottom: Double { y + height }
}

/// What is drawn on: cairo, in points with y downwards. An error stays, and shows at the end.
final class Canvas {
  /// How text is set.
  struct Font {
    var size: Double
    var isBold = false

    static let tick = Font(size: 9)
    static let label = Font(size: 10)
    static let title = Font(size: 11, isBold: true)
    static let heading = Font(size: 14, isBold: true)
  }

  /// Where text stands to its place.
  enum Alignment: Double {
    case left = 0
    case center = 0.5
    case right = 1
  }

  /// An image in memory to draw on.
  final class Surface {
    let surface: OpaquePointer
    let canvas: Canvas

    /// An image of so many pixels.
    init(width: Int32, height: Int32) {
      surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height)
      canvas = Canvas(surface: surface, isVector: false)
    }

    deinit { cairo_surface_destroy(surface) }
  }

  private let context: OpaquePointer
  /// Whether what is drawn is kept as shapes, so that a hundred thousand of them are dear.
  private let isVector: Bool

  /// Draws on a surface until it is released.
  init(surface: OpaquePointer, isVector: Bool) {
    context = cairo_create(surface)
    self.isVector = isVector
    cairo_set_line_join(context, CAIRO_LINE_JOIN_ROUND)
    // Text is as wide at every scale.
    let options = cairo_font_options_create()
    defer { cairo_font_options_destroy(options) }
    cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE)
    cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF)
    cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY)
    cairo_set_font_options(context, options)
  }

  deinit { cairo_destroy(context) }

  /// What went wrong, if anything did.
  var failure: String? {
    let status = cairo_status(context)
    return status == CAIRO_STATUS_SUCCESS ? nil : String(cString: cairo_status_to_string(status))
  }

  func scale(_ factor: Double) { cairo_scale(context, factor, factor) }

  /// Draws nothing outside of a rectangle while `body` runs.
  func clipped(to rect: Rect, _ body: () -> Void) {
    cairo_save(context)
    cairo_rectangle(context, rect.x, rect.y, rect.width, rect.height)
    cairo_clip(context)
    body()
    cairo_restore(context)
  }

  func fill(_ rect: Rect, _ color: Color) {
    set(color)
    cairo_rectangle(context, rect.x, rect.y, rect.width, rect.height)
    cairo_fill(context)
  }

  func stroke(_ rect: Rect, _ color: Color, width: Double) {
    set(color)
    cairo_set_line_width(context, width)
    cairo_rectangle(context, rect.x, rect.y, rect.width, rect.height)
    cairo_stroke(context)
  }

  /// Fills the closed polygon through these places.
  func fill(_ places: [(x: Double, y: Double)], _ color: Color) {
    trace(places)
    cairo_close_path(context)
    set(color)
    cairo_fill(context)
  }

  /// Draws straight lines from place to place.
  func stroke(
    _ places: [(x: Double, y: Double)], _ color: Color, width: Double, dashes: [Double] = []
  ) {
    trace(places)
    set(color)
    cairo_set_line_width(context, width)
    cairo_set_dash(context, dashes, Int32(dashes.count), 0)
    cairo_stroke(context)
    cairo_set_dash(context, nil, 0, 0)
  }

  /// Draws straight lines, each between two places, in one go.
  func stroke(
    segments: [(from: (x: Double, y: Double), to: (x: Double, y: Double))], _ color: Color,
    width: Double
  ) {
    cairo_new_path(context)
    for segment in segments {
      cairo_move_to(context, segment.from.x, segment.from.y)
      cairo_line_to(context, segment.to.x, segment.to.y)
    }
    set(color)
    cairo_set_line_width(context, width)
    cairo_stroke(context)
  }

  /// Draws a disc at every place. Very many of them become an image within `rect`, which they are
  /// clipped to in any case.
  func discs(
    _ places: [(x: Double, y: Double)], radius: Double, _ color: Color, in rect: Rect
  ) {
    if isVector, places.count > 400 {
      let detail = min(3, 8000 / max(rect.width, rect.height))
      let image = Surface(
        width: Int32((rect.width * detail).rounded(.up)),
        height: Int32((rect.height * detail).rounded(.up)))
      image.canvas.scale(detail)
      let moved = places.map { (x: $0.x - rect.x, y: $0.y - rect.y) }
      image.canvas.discs(
        moved, radius: radius, color,
        in: Rect(x: 0, y: 0, width: rect.width, height: rect.height))
      paint(image.surface, in: rect, detail, detail)
      return
    }
    clipped(to: rect) {
      set(color)
      for place in places {
        cairo_arc(context, place.x, place.y, radius, 0, 2 * Double.pi)
        cairo_fill(context)
      }
    }
  }

  /// Draws cells, the top row first, without smoothing; a cell without colour is left as it is.
  func cells(_ colors: [Color?], columns: Int, in rect: Rect) {
    guard rect.width > 0.01, rect.height > 0.01 else { return }
    let rows = colors.count / columns
    // Large blocks, so that programs which smooth what they enlarge hardly blur their edges.
    let block = max(1, min(16, 800 / max(columns, rows)))
    var pixels = [UInt32](repeating: 0, count: columns * rows * block * block)
    for (i, color) in colors.enumerated() {
      guard let color else { continue }
      func byte(_ x: Double) -> UInt32 { UInt32(min(max(x, 0), 1) * 255 + 0.5) }
      let pixel =
        255 << 24 | byte(color.red) << 16 | byte(color.green) << 8 | byte(color.blue)
      for y in 0..<block {
        let start = ((i / columns * block + y) * columns + i % columns) * block
        for x in start..<start + block { pixels[x] = pixel }
      }
    }
    let (width, height) = (columns * block, rows * block)
    pixels.withUnsafeMutableBytes { bytes in
      let surface = cairo_image_surface_create_for_data(
        bytes.bindMemory(to: UInt8.self).baseAddress, CAIRO_FORMAT_ARGB32, Int32(width),
        Int32(height), Int32(4 * width))
      defer {
        // Whoever still wants the pixels copies them now.
        cairo_surface_finish(surface)
        cairo_surface_destroy(surface)
      }
      guard let surface else { return }
      paint(surface, in: rect, Double(width) / rect.width, Double(height) / rect.height)
    }
  }

  /// How wide and how high over its line a text is.
  func width(_ text: String, _ font: Font) -> Double {
    set(font)
    var extents = cairo_text_extents_t()
    cairo_text_extents(context, text, &extents)
    return extents.x_advance
  }

  /// The text, or as much of its beginning as has room, with an ellipsis.
  func shortened(_ text: String, to room: Double, _ font: Font) -> String {
    if width(text, font) <= room { return text }
    var (low, high) = (0, min(text.count, 500))
    while high - low > 1 {
      let middle = (low + high) / 2
      if width(text.prefix(middle) + "…", font) <= room { low = middle } else { high = middle }
    }
    return low == 0 ? "" : text.prefix(low) + "…"
  }

  /// Writes one line. `y` is its middle, at the height of the digits; upwards text is turned left
  /// about its place. A halo of white lets it be read over anything.
  func write(
    _ text: String, x: Double, y: Double, _ font: Font, _ alignment: Alignment,
    _ color: Color = .black, upwards: Bool = false, halo: Bool = false
  ) {
    let width = width(text, font)
    cairo_save(context)
    cairo_translate(context, x, y)
    if upwards { cairo_rotate(context, -Double.pi / 2) }
    cairo_move_to(context, -alignment.rawValue * width, font.size * 0.36)
    if halo {
      cairo_text_path(context, text)
      set(.white.opacity(0.85))
      cairo_set_line_width(context, 3)
      cairo_stroke(context)
      cairo_move_to(context, -alignment.rawValue * width, font.size * 0.36)
    }
    set(color)
    cairo_show_text(context, text)
    cairo_new_path(context)
    cairo_restore(context)
  }

  /// Paints a surface of so many pixels a point.
  private func paint(
    _ surface: OpaquePointer, in rect: Rect, _ horizontal: Double, _ vertical: Double
  ) {
    cairo_save(context)
    cairo_rectangle(context, rect.x, rect.y, rect.width, rect.height)
    cairo_clip(context)
    cairo_translate(context, rect.x, rect.y)
    cairo_scale(context, 1 / horizontal, 1 / vertical)
    cairo_set_source_surface(context, surface, 0, 0)
    cairo_pattern_set_filter(cairo_get_source(context), CAIRO_FILTER_NEAREST)
    cairo_paint(context)
    cairo_restore(context)
  }

  private func trace(_ places: [(x: Double, y: Double)]) {
    cairo_new_path(context)
    for place in places { cairo_line_to(context, place.x, place.y) }
  }

  private func set(_ color: Color) {
    cairo_set_source_rgba(context, color.red, color.green, color.blue, color.opacity)
  }

  private func set(_ font: Font) {
    cairo_select_font_face(
      context, "sans-serif", CAIRO_FONT_SLANT_NORMAL,
      font.isBold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL)
    cairo_set_font_size(context, font.size)
  }
}
