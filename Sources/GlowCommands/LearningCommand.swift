import ArgumentParser
import Media

/// A command that learns: its options may stand in a file.
protocol LearningCommand: ParsableCommand {
  /// What describes the model that it learns.
  associatedtype Model
  var training: RunOptions { get }
  var held: ValidationOptions { get }
}

extension LearningCommand {
  typealias Row = RunOption<Self, RunSettings<Model>>

  /// The command with what its --config says under the options that were given.
  ///
  /// Throws a `FileError` at what the file must not hold, and a usage error, which names the file, at
  /// what the two say together.
  func withConfig(_ options: [Row]) throws -> Self {
    guard let path = training.config else { return self }
    var command = self
    try ConfigFile(reading: path).apply(to: &command, options)
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
