import Synchronization

/// Images larger than a model's, cut into tiles of its size that overlap by half, the last ones
/// flush with the right and the lower edge. Images are decoded when asked for, one at a time.
public final class ImageTiles: ExampleSet {
  /// Columns and rows of every tile.
  public let width, height: Int
  /// 1 (gray) or 3 (RGB).
  public let channels: Int
  public let paths: [String]
  public let labels: [Int]?
  public let classes: [String]
  public let notes: [Note]
  /// The tiles of the first image from above, row by row, then those of the next.
  public let windows: [ExampleWindow]

  private let files: [ImageFolder.File]
  /// The number of each in the whole folder's set.
  private let indices: [Int]
  private let failures: FailureLog
  private let latest = Mutex<(file: Int, image: Image)?>(nil)

  /// Throws a `FileError` if no image is as large as a tile.
  public convenience init(_ folder: ImageFolder, width: Int, height: Int, channels: Int) throws {
    precondition(width > 0 && height > 0 && (channels == 1 || channels == 3))
    let files = folder.files.filter { $0.header.width >= width && $0.header.height >= height }
    guard !files.isEmpty else {
      throw FileError(
        path: folder.path, reason: "holds no image as large as \(width)x\(height)",
        kind: .malformed)
    }
    let small = folder.files.count - files.count
    let failures = FailureLog(
      folder: folder.path, noun: "image", readable: folder.files.count, bad: folder.bad, later: [:])
    try failures.check()
    let shape = "tiles of \(width)x\(height) that overlap by half"
    self.init(
      files, Array(files.indices), folder.classes, failures, width: width, height: height,
      channels: channels,
      notes: ["larger images are cut into \(shape)"]
        + (small > 0 ? ["\(counted(small, "image")) smaller than that left out"] : [])
        + files.map(\.header).reductionNotes(channels: channels) + failures.notes)
  }

  private init(
    _ files: [ImageFolder.File], _ indices: [Int], _ classes: [String], _ failures: FailureLog,
    width: Int, height: Int, channels: Int, notes: [Note]
  ) {
    (self.files, self.indices, self.classes) = (files, indices, classes)
    (self.failures, self.notes) = (failures, notes)
    (self.width, self.height, self.channels) = (width, height, channels)
    paths = files.map(\.path)
    labels = classes.isEmpty ? nil : files.labels(classes)
    windows = files.enumerated().flatMap { i, file in
      Self.starts(file.header.height, height).flatMap { row in
        Self.starts(file.header.width, width).map {
          ExampleWindow(file: i, row: row, start: $0, width: width)
        }
      }
    }
  }

  /// Where tiles of a side begin along one of an image.
  private static func starts(_ length: Int, _ side: Int) -> [Int] {
    let last = length - side
    return Array(stride(from: 0, to: last, by: max(1, side / 2))) + [last]
  }

  public var count: Int { windows.count }
  public var bad: [FileError] { failures.bad }
  public func file(ofExample i: Int) -> Int { windows[i].file }

  @discardableResult public func draw(
    _ i: Int, using generator: inout some RandomNumberGenerator,
    into buffer: UnsafeMutableBufferPointer<Int16>
  ) throws -> ExampleWindow {
    try read(windows[i], into: buffer)
    return windows[i]
  }

  public func read(_ window: ExampleWindow, into buffer: UnsafeMutableBufferPointer<Int16>) throws {
    precondition(buffer.count == width * height * channels, "the buffer holds just one tile")
    let tile = try image(window.file)
      .cropped(left: window.start, top: window.row, width: width, height: height)
    for (k, pixel) in tile.pixels.enumerated() { buffer[k] = Int16(pixel) }
  }

  /// A whole image. Throws the `FileError` of a file that can't be read, or one for the folder once
  /// more than one file in ten can't.
  public func image(_ i: Int) throws -> Image {
    if let known = failures[indices[i]] { throw known }
    if let latest = latest.withLock({ $0 }), latest.file == i { return latest.image }
    do {
      let image = try PNG.read(files[i].path).image.converted(channels: channels)
      guard image.width == files[i].header.width, image.height == files[i].header.height else {
        throw FileError(path: files[i].path, reason: "has another size now", kind: .malformed)
      }
      latest.withLock { $0 = (i, image) }
      return image
    } catch let error as FileError {
      failures.add(error, of: indices[i])
      try failures.check()
      throw error
    }
  }

  /// Some of the images, in the order given.
  public func subset(_ files: [Int]) -> ImageTiles {
    ImageTiles(
      files.map { self.files[$0] }, files.map { indices[$0] }, classes, failures, width: width,
      height: height,
      channels: channels, notes: notes)
  }
}
