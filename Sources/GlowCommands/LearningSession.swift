/// From a command's words to a run: what a verb chooses of its own.
protocol LearningSession {
  associatedtype Command: LearningCommand
  /// A new run.
  init(_ command: Command) throws
  /// A run to go on with, from its last state. Options that would change what is learned are
  /// refused.
  init(resuming path: String, _ command: Command) throws
  /// One screen: what was chosen, and when it will end.
  func describe()
  /// Runs it to its end; or tries it, where nothing is to be written.
  func run() throws
}
