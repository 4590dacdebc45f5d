import ArgumentParser
import Foundation
import Media
import Synchronization
import Training

/// The other processes that a launcher such as mpirun began with this one. MPI can be joined once
/// in a process's life, so that there is one of it.
enum World {
  private static let joined = Mutex<MPIRanks?>(nil)
  private static let launcher = Launcher()

  /// Seconds that a rank may be silent.
  private static let timeout = Bounds<Double>("must be above 2") { $0 > 2 && $0.isFinite }

  /// This process among them; alone, unless it has joined.
  static var ranks: any Communicator { joined.withLock { $0 } ?? Alone() }

  /// The ranks, for people; nil of one process.
  static var words: String? {
    joined.withLock { $0 }.map { "\($0.size) on \($0.hostNames), by \($0.library)" }
  }

  /// Joins the others, if the command can be shared out to them; a usage error if not. Nothing
  /// where no launcher is.
  static func join(_ command: any ParsableCommand) throws {
    guard let launcher else { return }
    let name = type(of: command).configuration.commandName ?? ""
    if name == "help" {
      if launcher.rank > 0 { silence() }
      return
    }
    switch command {
    case is TrainCommand, is GlowtrainCommand, is EvalCommand: break
    default:
      let count = launcher.size.map { "\($0)" } ?? "several"
      throw ValidationError(
        "\(name) runs in one process, and the launcher began \(count); train and eval of images "
          + "and sounds are shared out")
    }
    let given = ProcessInfo.processInfo.environment["GLOW_MPI_TIMEOUT"]
    let seconds = given.map { Double($0) ?? .nan } ?? 30
    try check(timeout.contains(seconds), "GLOW_MPI_TIMEOUT \(timeout.description)")
    let ranks = try MPIRanks(launcher, timeout: seconds) { line, isEnd in
      printError(FileError.oneLine("\(isEnd ? "error" : "warning"): \(line)"))
    }
    joined.withLock { $0 = ranks }
    guard !ranks.isLeader else { return }
    Messages.areOff.store(true, ordering: .relaxed)
    silence()
  }

  /// What is printed goes nowhere: rank 0 prints the same.
  private static func silence() {
    let nowhere = open("/dev/null", O_WRONLY)
    dup2(nowhere, STDOUT_FILENO)
    close(nowhere)
  }

  /// Prints the version, and what several machines could reach each other by, and ends: a library
  /// is looked for only now.
  static func showVersion(_ version: String) -> Never {
    if launcher.map({ $0.rank == 0 }) ?? true {
      print(version)
      print("MPI: \(MPILibrary.found ?? "none found; one machine needs none")")
    }
    exit(0)
  }

  /// Leaves the others, when all do.
  static func leave() {
    if let launcher, launcher.rank > 0 { silence() }
    joined.withLock { $0 }?.finish()
  }

  /// Says why this process ends, and ends with it all others, which may know nothing of it.
  static func fail(_ message: String, _ error: any Error, status: Int32) -> Never {
    if let ranks = joined.withLock({ $0 }) {
      let isShared = error is Disagreement || error is RankFailure || error is Trainer.Diverged
      if isShared {
        if ranks.isLeader { printError(message) }
        ranks.finish()
      } else {
        // what all have to say is said by rank 0
        if !ranks.isLeader { Thread.sleep(forTimeInterval: 1) }
        printError("rank \(ranks.rank) on \(ranks.host): \(message)")
        ranks.abort(message, status: status)
      }
    } else if let launcher, launcher.rank > 0 {
      Thread.sleep(forTimeInterval: 1)  // all have the same to say, and rank 0 says it
    } else {
      printError(message)
    }
    exit(status)
  }
}
