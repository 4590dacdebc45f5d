import Foundation
import Media

/// The event files of a run's directory.
///
/// The file is made with the first event, one for each time that the run is gone on with. It begins
/// with where that is and with the options, and is there with both or not at all.
final class TensorBoardLog {
  private typealias Message = ProtobufMessage
  private let contents: TensorBoard
  private let directory: String
  private var next: Int
  private var file: EventFile?

  /// Events of the steps behind `iteration`; those that a run from there on will write again count
  /// no more. A fork takes along the files of its origin, but for the options, which are its own.
  /// Throws a `FileError` if they can't be copied.
  init(
    _ contents: TensorBoard, in directory: String, forkedFrom origin: String? = nil,
    resumingAfter iteration: Int
  ) throws {
    (self.contents, self.directory) = (contents, directory)
    next = iteration + 1
    if let origin {
      try EventFile.copy(from: origin, to: directory, without: Self.hyperparameterTag)
    }
  }

  /// Adds numbers under the tags GROUP/KEY; values that are no number, such as NaN, are left out.
  /// Throws a `FileError` if they can't be written.
  func add(_ values: [(key: String, value: Double)], in group: String, at step: Int) throws {
    let finite = values.filter { Float($0.value).isFinite }
    guard !finite.isEmpty else { return }
    try add(
      finite.map { [1: .text("\(group)/\($0.key)"), 2: .float(Float($0.value))] }, at: step)
  }

  /// Adds what was drawn into the files whose names begin with `prefix`: PREFIX.png, PREFIX-1.wav
  /// and on; of PREFIX.csv there is a picture first. Throws a `FileError` if it can't be read or
  /// written.
  func addSamples(_ prefix: String, at step: Int) throws {
    let manager = FileManager.default
    let (picture, table) = (prefix + ".png", prefix + ".csv")
    if let draw = contents.picture, manager.fileExists(atPath: table) { try draw(table, picture) }
    if manager.fileExists(atPath: picture) { try add([Self.image(picture)], at: step) }
    for number in 1... {
      let sound = "\(prefix)-\(number).wav"
      guard manager.fileExists(atPath: sound) else { break }
      try add([Self.sound(sound, number)], at: step)
    }
  }

  /// The run went back to the state behind `iteration`: what was written behind that counts no
  /// more. Throws a `FileError` if it can't be written.
  func goBack(to iteration: Int) throws {
    next = iteration + 1
    try file?.add(start)
  }

  /// The run came to its end. Throws a `FileError` if that can't be written.
  func finish(at step: Int) throws {
    guard file != nil else { return }
    let end: Message = [1: .integer(1), 2: .double(Date().timeIntervalSince1970)]
    try add([Self.hyperparameters("session_end_info", 4, end)], at: step)
  }

  private func add(_ values: [Message], at step: Int) throws {
    try opened().add(Self.event(values, at: step))
  }

  private static func event(_ values: [Message], at step: Int) -> [(Int, Message.Value)] {
    [(2, .integer(step)), (5, .message(Message(values.map { (1, .message($0)) })))]
  }

  private func opened() throws -> EventFile {
    if let file { return file }
    let options = contents.hyperparameters.map { name, words -> (Int, Message.Value) in
      (1, .message([1: .text(name), 2: .message(Self.value(of: words))]))
    }
    let begun = (5, Message.Value.double(Date().timeIntervalSince1970))
    let info = Self.hyperparameters("session_start_info", 3, Message(options + [begun]))
    let file = try EventFile(
      in: directory, beginning: [start, Self.event([info], at: next)])
    self.file = file
    return file
  }

  /// Readers drop what they have of this step and later ones.
  private var start: [(Int, Message.Value)] {
    [(2, .integer(next)), (7, .message([1: .integer(1)]))]
  }

  /// An option as a number, a truth value or a text.
  private static func value(of words: String) -> Message {
    if let flag = Bool(words) { return [4: .integer(flag ? 1 : 0)] }
    if let number = Double(words), number.isFinite { return [2: .double(number)] }
    return [3: .text(words)]
  }

  private static let hyperparameterTag = "_hparams_/"

  /// What the plugin for hyperparameters reads: it stands in the metadata, not in a value.
  private static func hyperparameters(_ tag: String, _ field: Int, _ info: Message) -> Message {
    let plugin: Message = [
      1: .text("hparams"), 2: .message([1: .integer(0), field: .message(info)]),
    ]
    return [1: .text(hyperparameterTag + tag), 9: .message([1: .message(plugin)])]
  }

  private static func image(_ path: String) throws -> Message {
    let bytes = try WholeFile.read(path)
    let header = try PNG.header(of: path)
    let picture: Message = [
      1: .integer(header.height), 2: .integer(header.width),
      3: .integer(header.channels + (header.hasAlpha ? 1 : 0)), 4: .bytes(bytes),
    ]
    return [1: .text("samples"), 4: .message(picture)]
  }

  private static func sound(_ path: String, _ number: Int) throws -> Message {
    let bytes = try WholeFile.read(path)
    let header = try WAV.header(of: path)
    let sound: Message = [
      1: .float(Float(header.rate)), 2: .integer(header.channels), 3: .integer(header.frames),
      4: .bytes(bytes), 5: .text("audio/wav"),
    ]
    return [1: .text("samples/\(number)"), 6: .message(sound)]
  }
}
