/// Why nothing was learned from a step.
public enum SkipReason: Equatable, Sendable, CustomStringConvertible {
  /// A value was not finite; where the first one came up.
  case notFinite(String)
  /// The input that was rebuilt for the backward pass was off by so much.
  case reconstructionError(Float)

  public var description: String {
    switch self {
    case .notFinite(let place): "not finite, first at \(place)"
    case .reconstructionError(let error): "the input that was rebuilt is off by \(error)"
    }
  }
}
