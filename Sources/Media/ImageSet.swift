/// Images of one shape, ready to be copied into a batch from any thread.
///
/// Either all of them are in memory, or each is decoded when asked for; the pixels are the same.
public final class ImageSet: ExampleSet {
  /// Columns of every image.
  public let width: Int
  /// Rows of every image.
  public let height: Int
  /// 1 (gray) or 3 (RGB).
  public let channels: Int
  /// Where each image came from.
  public let paths: [String]
  /// The class of each image, an index into `classes`; nil if the folder has no classes.
  public let labels: [Int]?
  /// The names of the classes.
  public let classes: [String]
  /// How many images of the folder were smaller than the shape, and are not in the set.
  public let tooSmall: Int
  /// What a user should be told once, each a line.
  public let notes: [Note]

  private let source: ImageSource
  /// The images of this set, as positions in the source.
  private let indices: [Int]

  init(folder: ImageFolder, width: Int, height: Int, channels: Int, memoryLimit: Int) throws {
    precondition(width > 0 && height > 0, "an image has at least one pixel")
    precondition(channels == 1 || channels == 3, "an image has one channel or three")
    let files = folder.files.filter { $0.header.width >= width && $0.header.height >= height }
    guard !files.isEmpty else {
      throw FileError(
        path: folder.path, reason: "holds no image as large as \(width)x\(height)",
        kind: .malformed)
    }
    let source = try ImageSource(
      folder, files, width: width, height: height, channels: channels, memoryLimit: memoryLimit)
    let indices = source.goodIndices
    guard !indices.isEmpty else { throw source.failures.tooMany() }

    self.width = width
    self.height = height
    self.channels = channels
    self.source = source
    self.indices = indices
    paths = indices.map { files[$0].path }
    classes = folder.classes
    labels = classes.isEmpty ? nil : indices.map { files[$0] }.labels(classes)
    tooSmall = folder.files.count - files.count
    notes = Self.notes(folder, indices.map { files[$0] }, source, tooSmall: tooSmall)
  }

  private init(_ whole: ImageSet, _ subset: [Int]) {
    width = whole.width
    height = whole.height
    channels = whole.channels
    classes = whole.classes
    tooSmall = whole.tooSmall
    notes = whole.notes
    source = whole.source
    indices = subset.map { whole.indices[$0] }
    paths = subset.map { whole.paths[$0] }
    labels = whole.labels.map { labels in subset.map { labels[$0] } }
  }

  /// How many images there are.
  public var count: Int { indices.count }

  /// The files that could not be read, so far; the same for the folder's every subset.
  public var bad: [FileError] { source.failures.bad }

  public func file(ofExample i: Int) -> Int { i }

  /// Copies image `i`, `height · width · channels` samples in H,W,C order.
  ///
  /// A file that turns out to be bad only now is remembered in `bad`, and the next good image with
  /// the same label takes its place. Throws a `FileError` once more than one file in ten is bad.
  @discardableResult public func draw(
    _ i: Int, using generator: inout some RandomNumberGenerator,
    into buffer: UnsafeMutableBufferPointer<Int16>
  ) throws -> ExampleWindow {
    for offset in 0..<count {
      let j = (i + offset) % count
      if let labels, labels[j] != labels[i] { continue }
      if copy(j, into: buffer) == nil { return ExampleWindow(file: j, start: 0, width: width) }
      try source.failures.check()
    }
    throw source.failures.tooMany()
  }

  public var windows: [ExampleWindow] {
    (0..<count).map(window)
  }

  private func window(_ i: Int) -> ExampleWindow { ExampleWindow(file: i, start: 0, width: width) }

  public func read(_ window: ExampleWindow, into buffer: UnsafeMutableBufferPointer<Int16>) throws {
    if let error = copy(window.file, into: buffer) {
      try source.failures.check()
      throw error
    }
  }

  /// The part of the pixels that are 0 or 255, of `most` images that are spread evenly. Throws as
  /// `read`.
  public func binaryPart(of most: Int) throws -> Double {
    let n = min(most, count)
    var (extreme, all) = (0, 0)
    for i in 0..<n {
      let pixels = try image(i * count / n).pixels
      extreme += pixels.count { $0 == 0 || $0 == 255 }
      all += pixels.count
    }
    return Double(extreme) / Double(max(1, all))
  }

  /// Image `i`. Throws as `read`.
  public func image(_ i: Int) throws -> Image {
    var samples = [Int16](repeating: 0, count: width * height * channels)
    try samples.withUnsafeMutableBufferPointer { try read(window(i), into: $0) }
    return Image(
      width: width, height: height, channels: channels, pixels: samples.map { UInt8($0) })
  }

  private func copy(_ i: Int, into buffer: UnsafeMutableBufferPointer<Int16>) -> FileError? {
    precondition(buffer.count == width * height * channels, "the buffer holds just one image")
    return source.copy(indices[i], into: buffer)
  }

  /// Some of the images, in the order given; they share this set's memory.
  public func subset(_ indices: [Int]) -> ImageSet { ImageSet(self, indices) }

  private static func notes(
    _ folder: ImageFolder, _ files: [ImageFolder.File], _ source: ImageSource, tooSmall: Int
  ) -> [Note] {
    let headers = files.map(\.header)
    return headers.sizeNotes(width: source.width, height: source.height, leavingOut: tooSmall)
      + headers.reductionNotes(channels: source.channels) + folder.passedOver
      + source.failures.notes + folder.files.notes(noun: "image") + repetitions(source)
  }

  /// What comes again and again, where that is more than one in a hundred.
  private static func repetitions(_ source: ImageSource) -> [Note] {
    let indices = source.goodIndices
    guard let distinct = source.distinct(indices), indices.count > 1 else { return [] }
    if distinct == 1 { return [Note("all images are the same", isWarning: true)] }
    let repeated = indices.count - distinct
    guard repeated * 100 > indices.count else { return [] }
    return [
      Note(
        "\(grouped(repeated)) of \(counted(indices.count, "image")) repeat another, which flatters a "
          + "model, more so if validation holds it too", isWarning: repeated * 2 >= indices.count)
    ]
  }
}
