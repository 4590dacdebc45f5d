import Foundation

/// What began this process as one of several.
public struct Launcher: Equatable, Sendable {
  /// This one's number.
  public let rank: Int
  /// How many there are; nil where only the library knows.
  public let size: Int?
  /// Whether it speaks PMI, as MPICH's does.
  let isMPICH: Bool
  /// Whether processes may know nothing of each other, as after srun without PMI.
  public let isBare: Bool

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
    } else if let size = number("SLURM_STEP_NUM_TASKS"), let rank = number("SLURM_PROCID"),
      environment["SLURM_PTY_PORT"] == nil  // somebody's shell
    {
      self.init(rank: rank, size: size, isMPICH: false, isBare: true)
    } else {
      return nil
    }
    if size == 1 { return nil }
  }

  private init(rank: Int, size: Int?, isMPICH: Bool, isBare: Bool = false) {
    (self.rank, self.size, self.isMPICH, self.isBare) = (rank, size, isMPICH, isBare)
  }
}
