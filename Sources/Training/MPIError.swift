/// Why ranks can't reach each other.
public struct MPIError: Error, CustomStringConvertible {
  let reason: String
  public var description: String { reason }
}
