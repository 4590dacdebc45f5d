import CCairo
import Media

extension Figure {
  /// The kinds of file that a figure becomes.
  public enum Format: Equatable, Sendable {
    /// Pixels.
    case png
    /// Lines and text.
    case svg

    /// The kind that a file's ending says: `.png` or `.svg`, small or large letters.
    ///
    /// Throws a `FileError` at any other ending. Ask before long work.
    public init(ofFile path: String) throws {
      let name = path.lowercased()
      if name.hasSuffix(".png") {
        self = .png
      } else if name.hasSuffix(".svg") {
        self = .svg
      } else {
        throw FileError(
          path: path, reason: "can't be written: a picture's name ends in .png or .svg",
          kind: .unwritable)
      }
    }
  }

  /// Draws the figure and writes it: PNG or SVG, as the file's ending says.
  ///
  /// A PNG file has `pixelsPerPoint` pixels a point; an SVG file is as large as the figure, and has
  /// no use for it. Throws a `FileError` of kind `.unwritable` at another ending, before any work,
  /// and when the file can't be written.
  public func write(to path: String, pixelsPerPoint: Double = 2) throws {
    let format = try Format(ofFile: path)
    let bytes = try encoded(as: format, pixelsPerPoint: pixelsPerPoint, for: path)
    try AtomicFile.write(to: path, .unsynced) { write in try bytes.withUnsafeBytes(write) }
  }

  /// The file's bytes; the path is for errors.
  func encoded(as format: Format, pixelsPerPoint: Double, for path: String) throws -> [UInt8] {
    precondition(pixelsPerPoint > 0, "a point has some pixels")
    precondition(
      width > 0 && height > 0 && width.isFinite && height.isFinite, "a figure has a size")
    let sink = Sink()
    let target = Unmanaged.passUnretained(sink).toOpaque()
    return try withExtendedLifetime(sink) {
      let surface: OpaquePointer?
      switch format {
      case .svg: surface = cairo_svg_surface_create_for_stream(Sink.append, target, width, height)
      case .png:
        // Beyond what cairo can do, so that it says so.
        func pixels(_ points: Double) -> Int32 {
          Int32(min(points * pixelsPerPoint, 1e6).rounded())
        }
        surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, pixels(width), pixels(height))
      }
      defer { cairo_surface_destroy(surface) }
      guard let surface else { throw failure("no memory", path) }
      try check(cairo_surface_status(surface), path)
      do {
        let canvas = Canvas(surface: surface, isVector: format == .svg)
        if format == .png { canvas.scale(pixelsPerPoint) }
        draw(on: canvas)
        if let reason = canvas.failure { throw failure(reason, path) }
      }
      if format == .png {
        try check(cairo_surface_write_to_png_stream(surface, Sink.append, target), path)
      }
      // The end of an SVG file comes only now.
      cairo_surface_finish(surface)
      try check(cairo_surface_status(surface), path)
      return sink.bytes
    }
  }

  /// What collects a file's bytes.
  private final class Sink {
    var bytes: [UInt8] = []

    static let append: cairo_write_func_t = { target, data, count in
      guard let target, let data else { return CAIRO_STATUS_WRITE_ERROR }
      Unmanaged<Sink>.fromOpaque(target).takeUnretainedValue().bytes
        .append(contentsOf: UnsafeBufferPointer(start: data, count: Int(count)))
      return CAIRO_STATUS_SUCCESS
    }
  }

  private func check(_ status: cairo_status_t, _ path: String) throws {
    if status == CAIRO_STATUS_SUCCESS { return }
    throw failure(String(cString: cairo_status_to_string(status)), path)
  }

  private func failure(_ reason: String, _ path: String) -> FileError {
    FileError(path: path, reason: "can't be drawn: \(reason)", kind: .unwritable)
  }
}
