import Foundation

/// What began this process as one of several.
public struct Launcher: Equatable, Sendable {
  /// This one's number.
  public let rank: Int
  /// How many there are; nil where only the library knows.
  public let size: Int?
  /// Whether it speaks PMI, as MPICH's does.
  let isMPICH: Bool

  /// The launcher of this process; nil of a process that was begun alone.
  public init?(_ environment: [String: String] = ProcessInfo.processInfo.environment) {
    func number(_ names: String...) -> Int? {
      names.compactMap { environment[$0] }.first.flatMap { Int($0) }
    }
    if let size = number("OMPI_COMM_WORLD_SIZE") {
      self.init(rank: number("OMPI_COMM_WORLD_RANK", "PMIX_RANK") ?? 0, size: size, isMPICH: false)
    } else if let rank = number("PMI_RANK") {
      self.init(rank: rank, size: number("PMI_SIZE"), isMPICH: true)
    } else if let rank = number("PMIX_RANK") {
      self.init(rank: rank, size: number("SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"), isMPICH: false)
    } else {
      return nil
    }
    if size == 1 { return nil }
  }

  private init(rank: Int, size: Int?, isMPICH: Bool) {
    (self.rank, self.size, self.isMPICH) = (rank, size, isMPICH)
  }
}
