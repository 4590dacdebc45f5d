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
    var parsed = try command.parseAsRoot(words.words)
    try parsed.run()
    exit(0)
  } catch let error as FileError {
    let message = Remedy.advising("\(error)", error.remedy)
    switch error.kind {
    case .missing: fail(name, message, status: 66)
    case .malformed: fail(name, message, status: 65)
    case .unwritable: fail(name, message, status: 73)
    }
  } catch Trainer.Diverged.fault(let reason) {
    fail(name, "\(reason); the best weights before that are in place", status: 1)
  } catch let error as Trainer.Diverged {
    fail(name, "\(error); the last good checkpoint is in place", status: 1)
  } catch let error as RunProgress.Unlearned {
    fail(name, "\(error)", status: 1)
  } catch let error as Sampler.NotFinite {
    fail(name, "\(error)", status: 1)
  } catch {
    // Help, version and the status of an interrupted run are errors only by name.
    let status = command.exitCode(for: error)
    let isUsage = status == .validationFailure || status == .failure
    if !isUsage { command.exit(withError: error) }
    let message = command.message(for: error).replacing("\n", with: " ")
    if status == .failure { fail(name, message, status: 1) }
    fail(name, message + " (see \(words.helped) --help)", status: 64)
  }
}

private func fail(_ name: String, _ message: String, status: Int32) -> Never {
  printError("\(name): error: \(message)")
  exit(status)
}
