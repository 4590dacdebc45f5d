/// What is wanted after a step, by somebody who can't decide for all ranks alone.
public struct StepWishes: OptionSet, Sendable {
  /// The wishes as bits.
  public let rawValue: Int

  /// The wishes of these bits.
  public init(rawValue: Int) { self.rawValue = rawValue }

  /// That the run ends here for now; any rank may want it.
  public static let stop = StepWishes(rawValue: 1)
  /// That the state is saved; what rank 0 wants counts.
  public static let save = StepWishes(rawValue: 2)
}
