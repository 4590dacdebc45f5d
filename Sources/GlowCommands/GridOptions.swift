import ArgumentParser
import Media
import Models

/// How images stand in one picture.
struct GridOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Images in a row of the picture (default: near a square).", valueName: "n"))
  var columns: Int?
  @Option(
    help: ArgumentHelp(
      "Pixels of the picture for each of an image (default: up to 4, for 1000 in all).",
      valueName: "n"))
  var scale: Int?

  var isEmpty: Bool { columns == nil && scale == nil }

  func validate() throws {
    try check(columns ?? 1 >= 1, "--columns must be at least 1")
    try check(scale.map { (1...64).contains($0) } ?? true, "--scale must be 1 to 64")
  }

  /// A usage error if so many images make no picture that can be read again.
  func refuseTooMany(_ count: Int, of format: ExampleFormat, isStrip: Bool = false) throws {
    let grid = GridLayout(
      count, width: format.width, height: format.height, columns: columns(of: count), scale: scale,
      isStrip: isStrip)
    try check(
      grid.width * grid.height <= PNG.pixelLimit,
      "\(format.medium.counted(count)) of \(format.width)x\(format.height) make a picture of \(grid.width)x\(grid.height), "
        + "which is too large: it has at most \(grouped(PNG.pixelLimit)) pixels")
  }

  /// The columns, of which no more are taken than there are images.
  func columns(of count: Int) -> Int? { columns.map { min($0, count) } }
}
