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
  /// Hidden names and special files are passed over, and so are the directories of runs and `output`,
  /// where one will write. So are symbolic links, unless they are followed; then each file is read
  /// once. Throws a `FileError` if there is no such folder, if it holds no PNG files, or if none of
  /// them can be read.
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

  /// The size that most files have; of several, the one that most are as large as, then the one of the
  /// largest area, then the widest.
  public var mostCommonSize: (width: Int, height: Int) {
    let counts = Dictionary(files.map { ([$0.header.width, $0.header.height], 1) }) { $0 + $1 }
    let most = counts.values.max() ?? 0
    // what is as large as another keeps fewer
    var lowest = Int.max
    let candidates = counts.filter { $0.value == most }.map(\.key)
      .sorted { $0.lexicographicallyPrecedes($1) }
      .filter { size in
        defer { lowest = min(lowest, size[1]) }
        return size[1] < lowest
      }
    func rank(_ size: [Int]) -> [Int] {
      let kept = counts.reduce(0) { sum, other in
        other.key[0] >= size[0] && other.key[1] >= size[1] ? sum + other.value : sum
      }
      return [kept, size[0] * size[1], size[0]]
    }
    let ranked = candidates.map { (size: $0, rank: rank($0)) }
    let best = ranked.max { $0.rank.lexicographicallyPrecedes($1.rank) }
    return best.map { ($0.size[0], $0.size[1]) } ?? (0, 0)
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
