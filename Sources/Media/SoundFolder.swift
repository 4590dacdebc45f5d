/// A folder of WAV files, flat or with one subfolder per class; only the headers have been read.
public struct SoundFolder: Sendable {
  /// One readable WAV file.
  public typealias File = FolderFile<WAV.Header>

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

  /// Scans a folder and everything below it for names ending in .wav or .wave.
  ///
  /// Hidden names and special files are passed over, and so are the directories of runs and
  /// `output`, where one will write. So are symbolic links, unless they are followed; then each
  /// file is read once. Throws a `FileError` if there is no such folder, if it holds no WAV files,
  /// or if none of them can be read.
  public init(_ path: String, output: String? = nil, followingLinks: Bool = false) throws {
    let contents = try FolderContents(
      path, kind: "WAV", endings: [".wav", ".wave"], output: output,
      followingLinks: followingLinks, header: WAV.header(of:))
    self.path = path
    files = contents.files
    bad = contents.bad
    classes = contents.classes
    passedOver = contents.passedOver
  }

  /// The rate that most files have, in Hz; of several the highest.
  public var mostCommonRate: Int {
    let counts = Dictionary(grouping: files, by: \.header.rate).mapValues(\.count)
    let best = counts.max { ($0.value, $0.key) < ($1.value, $1.key) }
    return best?.key ?? 0
  }

  /// The one format that all the files have, or are to be brought to.
  ///
  /// `rate` asks for a rate in Hz (within `SoundFormat.rates`), `resample` alone for the most
  /// common one, `mono` for one channel. Throws a `FileError` for the folder that names the first
  /// two files that differ in a rate, or a number of channels, which nobody asked to change.
  public func format(
    resample: Bool = false, rate: Int? = nil, mono: Bool = false
  ) throws -> SoundFormat {
    let first = files[0].header
    let target = rate ?? (resample ? mostCommonRate : nil)
    if target == nil, let other = files.first(where: { $0.header.rate != first.rate }) {
      throw mixed(
        "rates", "\(first.rate) Hz", "\(other.header.rate) Hz", other, remedy: .resample)
    }
    if !mono, let other = files.first(where: { $0.header.channels != first.channels }) {
      throw mixed(
        "channels", counted(first.channels, "channel"),
        counted(other.header.channels, "channel"), other, remedy: .mixChannels)
    }
    return SoundFormat(rate: target ?? first.rate, channels: mono ? 1 : first.channels)
  }

  /// The length in frames at a rate that nine files in ten reach, not counting those of
  /// `leavingOut` (indices into `files`); 0 if there are none.
  public func typicalLength(_ format: SoundFormat, leavingOut: Set<Int> = []) -> Int {
    let lengths = files.indices.filter { !leavingOut.contains($0) }.compactMap {
      try? SoundReader.frames(of: files[$0].path, files[$0].header, as: format)
    }.sorted()
    return lengths.isEmpty ? 0 : lengths[lengths.count / 10]
  }

  /// The sounds as segments of one length and one format.
  ///
  /// `segment` is in frames and a multiple of `unit`. Files of `leavingOut` (indices into `files`)
  /// are not in the set; nor are those of `failures`, which count as bad. Throws a `FileError` if
  /// more than one file in ten is bad, or if no sound is as long as a unit. There may be none of a
  /// segment's length: then `count` is 0.
  public func load(
    segment: Int, unit: Int, format: SoundFormat, leavingOut: Set<Int> = [],
    failures: [Int: FileError] = [:]
  ) throws -> SoundSet {
    try SoundSet(
      folder: self, segment: segment, unit: unit, format: format, leavingOut: leavingOut,
      failures: failures)
  }

  private func mixed(
    _ what: String, _ firstValue: String, _ otherValue: String, _ other: File, remedy: Remedy
  ) -> FileError {
    let reason =
      "holds sounds of different \(what): \(files[0].path) has \(firstValue), \(other.path) has"
      + " \(otherValue)"
    return FileError(path: path, reason: reason, kind: .malformed, remedy: remedy)
  }
}
