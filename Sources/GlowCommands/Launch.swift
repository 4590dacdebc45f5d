import ArgumentParser
import Foundation
import Media
import Training

/// Parses the arguments and runs the command. Every failure is one line on standard error and a
/// status that says what kind it was.
public func launch(_ command: (some ParsableCommand).Type) -> Never {
  Interruption.begin()
  let words = CommandWords(Array(CommandLine.arguments.dropFirst()), of: command)
  let name = words.command
  do {
    try words.checkVerb()
    if words.words == ["--version"] { World.showVersion(command.configuration.version) }
    var parsed = try command.parseAsRoot(words.words)
    try World.join(parsed)
    try parsed.run()
    World.leave()
    exit(0)
  } catch let error as FileError {
    let message = Remedy.advising("\(error)", error.remedy)
    switch error.kind {
    case .missing: fail(error, name, message, status: 66)
    case .malformed: fail(error, name, message, status: 65)
    case .unwritable: fail(error, name, message, status: 73)
    }
  } catch let error as Trainer.Diverged {
    if case .fault(let reason) = error {
      fail(error, name, "\(reason); the best weights before that are in place", status: 1)
    }
    fail(error, name, "\(error); the last good checkpoint is in place", status: 1)
  } catch let error as RunProgress.Unlearned {
    fail(error, name, "\(error)", status: 1)
  } catch let error as Sampler.NotFinite {
    fail(error, name, "\(error)", status: 1)
  } catch let error as MPIError {
    fail(error, name, "\(error)", status: 69)
  } catch {
    // Help, version and the status of an interrupted run are errors only by name.
    let status = command.exitCode(for: error)
    let isUsage = status == .validationFailure || status == .failure
    if !isUsage {
      World.leave()
      command.exit(withError: error)
    }
    let message = command.message(for: error).replacing("\n", with: " ")
    if status == .failure { fail(error, name, message, status: 1) }
    fail(error, name, message + " (see \(words.helped) --help)", status: 64)
  }
}

private func fail(_ error: any Error, _ name: String, _ message: String, status: Int32) -> Never {
  World.fail("\(name): error: \(message)", error, status: status)
}
