/// Examples to learn and to score, as stored integers: images, or stretches of sounds.
public protocol ExampleSet: AnyObject, Sendable {
  /// Where each file is.
  var paths: [String] { get }
  /// The class of each file, an index into `classes`; nil if the folder has no classes.
  var labels: [Int]? { get }
  /// The names of the classes.
  var classes: [String] { get }
  /// What a user should be told once, each a line.
  var notes: [Note] { get }
  /// The files that could not be read, so far.
  var bad: [FileError] { get }

  /// How many examples make an epoch.
  var count: Int { get }
  /// The file, an index into `paths`, that an example of an epoch comes from.
  func file(ofExample i: Int) -> Int
  /// Copies example `i` of an epoch in H,W,C order; the generator decides what is left to chance,
  /// such as where in its file a stretch begins. Returns what was drawn; throws a `FileError` if
  /// too many files are bad.
  @discardableResult
  func draw(
    _ i: Int, using generator: inout some RandomNumberGenerator,
    into buffer: UnsafeMutableBufferPointer<Int16>
  ) throws -> ExampleWindow

  /// What is scored of every file, file after file: an image whole, a sound in stretches.
  var windows: [ExampleWindow] { get }
  /// What is in no window, each a line.
  var windowNotes: [Note] { get }
  /// Copies what a window shows, in H,W,C order. Throws a `FileError` if the file can't be read.
  func read(_ window: ExampleWindow, into buffer: UnsafeMutableBufferPointer<Int16>) throws

  /// The set of some of the files, in the order given.
  func subset(_ files: [Int]) -> Self
}

extension ExampleSet {
  public var windowNotes: [Note] { [] }
}

/// A part of a file that is scored at once.
public struct ExampleWindow: Equatable, Sendable {
  /// The file, an index into the set's paths.
  public let file: Int
  /// The first row; 0 of a sound.
  public let row: Int
  /// The first column, or the first frame of a sound.
  public let start: Int
  /// Columns, or frames of a sound.
  public let width: Int

  /// Columns or frames `start`..<`start + width` of a file, from this row on.
  public init(file: Int, row: Int = 0, start: Int, width: Int) {
    (self.file, self.row, self.start, self.width) = (file, row, start, width)
  }
}
