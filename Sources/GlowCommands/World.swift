import ArgumentParser
import Foundation
import Media
import Models
import Synchronization
import Tensors
import Training

/// The other processes that a launcher such as mpirun began with this one. MPI can be joined once
/// in a process's life, so that there is one of it.
enum World {
  private static let joined = Mutex<MPIRanks?>(nil)
  private static let launcher = Launcher()

  /// Seconds that a rank may be silent.
  private static let timeout = Bounds<Double>("must be above 2") { $0 > 2 && $0.isFinite }

  /// Seconds that another rank leaves to rank 0, which may have come to the same end.
  private static let patience = 10.0

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
    case is TrainCommand, is GlowtrainCommand, is EvalCommand, is SampleCommand,
      is EncodeCommand, is BenchCommand:
      break
    default:
      if launcher.isBare { return }  // one of several jobs that happen to be alike
      let count = launcher.size.map { "\($0)" } ?? "several"
      throw ValidationError(
        "\(name) runs in one process, and the launcher began \(count); train, eval, sample, "
          + "encode and bench of images and sounds are shared out")
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

  /// What must be the same wherever bits are to be.
  static var machine: [(name: String, value: String)] {
    [
      ("version", GlowCommand.configuration.version), ("oneDNN", oneDNNVersion),
      ("the instruction set", Processor.instructionSet),
    ]
  }

  /// Throws a usage error if a model's verb runs in one process alone, and there are several, and a
  /// `Disagreement` if those are not alike; `facts` are what the verb compares beside.
  static func share(
    _ model: any Model, _ facts: () throws -> [(name: String, value: String)] = { [] }
  ) throws {
    guard ranks.size > 1 else { return }
    try check(model is Glow, "several ranks share out images and sounds alone")
    try ranks.compare(machine + [("--threads", "\(ThreadPool.threads)")] + facts())
  }

  /// The status of a process that somebody asked one of the ranks to end with; nil if nobody did.
  static func interruption() throws -> Int32? {
    try ranks.all(Interruption.status).compactMap(\.self).first
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
      let isShared =
        error is Disagreement || error is RankFailure || error is Trainer.Diverged
        || error is RunProgress.Unlearned
      if isShared {
        if ranks.isLeader { printError(message) }
        ranks.finish()
      } else {
        // what all have to say is said by rank 0, which may have to save as well
        if !ranks.isLeader { Thread.sleep(forTimeInterval: patience) }
        printError("rank \(ranks.rank) on \(ranks.host): \(message)")
        ranks.abort(message, status: status)
      }
    } else if let launcher, launcher.rank > 0 {
      // if all have the same to say, rank 0 says it, and the launcher ends the others
      Thread.sleep(forTimeInterval: 1)
      printError("rank \(launcher.rank): \(message)")
    } else {
      printError(message)
    }
    exit(status)
  }
}
