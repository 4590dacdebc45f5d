/// A folder of PNG files, flat or with one subfolder per class; only the headers have been read.
public struct ImageFolder: Sendable {
  /// One readable PNG file.
  public typealias File = FolderFile<PNG.Header>

  /// The folder, as the user named it.
  public let path: String
  /// The files whose headers could be read, in the order of their paths, byte by byte.
  public let files: [File]
  /// The files and subfolders that could not be read.
  public let bad: [FileError]
  /// The names of the classes, sorted; empty unless every file lies in a subfolder.
  public let classes: [String]
  /// What was passed over though it may be of this kind, each a line.
  let passedOver: [Note]

  /// Scans a folder and everything below it for names ending in .png.
  ///
  /// Hidden names and special files are passed over, and so are the directories of runs and
  /// `output`, where one will write. So are symbolic links, unless they are followed; then each
  /// file is read once. Throws a `FileError` if there is no such folder, if it holds no PNG files,
  /// or if none of them can be read.
  public init(_ path: String, output: String? = nil, followingLinks: Bool = false) throws {
    let contents = try FolderContents(
      path, kind: "PNG", endings: [".png"], output: output,
      followingLinks: followingLinks, header: PNG.header(of:))
    self.path = path
    files = contents.files
    bad = contents.bad
    classes = contents.classes
    passedOver = contents.passedOver
  }

  /// The size that most files have; of several, the largest that three files in four are as large
  /// as, or where there is none the one that most are; then the widest.
  public var mostCommonSize: (width: Int, height: Int) {
    let counts = Dictionary(files.map { ([$0.header.width, $0.header.height], 1) }) { $0 + $1 }
    let most = counts.values.max() ?? 0
    let sizes = counts.map { (width: $0.key[0], height: $0.key[1], count: $0.value) }
    // from the largest on; the first that three in four are as large as is the best there is
    let candidates = sizes.filter { $0.count == most }.sorted {
      ($0.width * $0.height, $0.width) > ($1.width * $1.height, $1.width)
    }
    var best = (width: 0, height: 0, kept: 0)
    for (width, height, _) in candidates {
      let kept = sizes.reduce(0) {
        $1.width >= width && $1.height >= height ? $0 + $1.count : $0
      }
      if kept > best.kept { best = (width, height, kept) }
      if 4 * kept >= 3 * files.count { break }
    }
    return (best.width, best.height)
  }

  /// 1 if every file is gray, else 3.
  public var channels: Int { files.map(\.header.channels).max() ?? 3 }

  /// The images, each brought to one shape: scaled down to cover it, cropped, gray or RGB.
  ///
  /// They are decoded now if together they take at most `memoryLimit` bytes, else when asked for.
  /// Throws a `FileError` if more than one file in ten can't be read, or if no image is as large
  /// as `width` × `height` pixels.
  public func load(
    width: Int, height: Int, channels: Int, memoryLimit: Int = 1 << 31
  ) throws -> ImageSet {
    try ImageSet(
      folder: self, width: width, height: height, channels: channels, memoryLimit: memoryLimit)
  }
}
