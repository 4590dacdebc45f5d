import ArgumentParser
import Media
import Models
import Training

/// What a verb scores beside a checkpoint: images, sounds or a table.
struct ScoredDataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The folder of PNG files to score.", valueName: "dir"),
    completion: .directory)
  var images: String?
  @Option(
    help: ArgumentHelp("The folder of WAV files to score.", valueName: "dir"),
    completion: .directory)
  var audio: String?
  @Option(
    help: ArgumentHelp("The CSV or NPY file of rows to score.", valueName: "table"),
    completion: .file())
  var table: String?
  @OptionGroup var tableOptions: TableOptions
  @OptionGroup var links: LinkOptions

  var path: String? { images ?? audio ?? table }

  func validate() throws {
    try check(
      [images, audio, table].count { $0 != nil } <= 1,
      "--images, --audio and --table exclude each other")
  }

  /// A usage error where a folder is of the other medium.
  func checkMedium(of format: ExampleFormat) throws {
    try check(
      images == nil || !format.medium.isSound,
      "the model is of sounds: --audio DIR says what to score")
    try check(
      audio == nil || format.medium.isSound,
      "the model is of images: --images DIR says what to score")
  }

  /// The sounds of `--audio` in windows of so many frames, or the segment, and their folder. A usage
  /// error if no folder is given.
  func sounds(as format: ExampleFormat, _ data: DataDescription, window: Int? = nil) throws
    -> (set: SoundSet, folder: SoundFolder)
  {
    guard let audio else {
      throw ValidationError("--\(format.medium.kind) DIR says what to score, or --held-out")
    }
    let folder = try SoundFolder(audio, followingLinks: links.follow)
    let set = try SoundSelection(
      scoring: folder, skippingSuspicious: data.skipSuspicious == true
    ).load(as: format, data, window: window)
    return (set, folder)
  }

  /// These columns of `--table`, or of what a run held out.
  func rows(_ columns: [String], _ checkpoint: Checkpoint, heldOut: Bool) throws -> Table {
    if heldOut { return try TableData.heldOut(of: checkpoint, columns: columns, in: table) }
    guard let table else {
      throw ValidationError(
        "the model is of a table: --table TABLE says what to score, or --held-out")
    }
    let read = try Table(
      reading: table, columns: columns, dropMissing: tableOptions.dropMissing)
    read.sayDropped()
    read.sayPassedOver()
    return read
  }
}
