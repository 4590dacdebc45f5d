/// Ranks that don't begin with the same.
public struct Disagreement: Error, CustomStringConvertible {
  /// What is not the same, each with its rank and machine.
  public let differences: [String]

  public var description: String {
    "the ranks do not begin with the same: " + differences.joined(separator: "; ")
  }
}
