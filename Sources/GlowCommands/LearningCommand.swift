import ArgumentParser
import Media

/// A command that learns: its options may stand in a file.
protocol LearningCommand: ParsableCommand {
  /// What describes the model that it learns.
  associatedtype Model
  associatedtype Session: LearningSession where Session.Command == Self
  /// Its options, a row each.
  static var options: [Row] { get }
  /// What it is called in a shell.
  static var program: String { get }
  var training: RunOptions { get }
  var held: ValidationOptions { get }
  var threads: ThreadOptions { get }
}

extension LearningCommand {
  typealias Row = RunOption<Self, RunSettings<Model>>

  static var program: String { "glow \(configuration.commandName ?? "")" }

  /// Begins a run, or goes on with one, and shows it to its end.
  func learn() throws {
    try training.begin()
    threads.apply()
    let session = try training.resume.map { try Session(resuming: $0, self) } ?? Session(self)
    Interruption.watch()
    session.describe()
    try session.run()
    if let status = Interruption.status { throw ExitCode(status) }
  }

  /// The command with what its --config says under the options that were given.
  ///
  /// Throws a `FileError` at what the file must not hold, and a usage error, which names the file,
  /// at what the two say together.
  func withConfig() throws -> Self {
    guard let path = training.config else { return self }
    var command = self
    try ConfigFile(reading: path).apply(to: &command, Self.options)
    do {
      try command.held.validate()
      try command.training.validate()
      try command.validate()
    } catch let error as ValidationError {
      throw ValidationError("with \(FileError.oneLine(path)): \(error.message)")
    }
    return command
  }
}
