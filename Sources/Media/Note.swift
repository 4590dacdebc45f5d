/// Something that a user should be told once, in a line.
public struct Note: Equatable, Sendable, CustomStringConvertible, ExpressibleByStringInterpolation {
  /// The line.
  public let text: String
  /// What could be done about it.
  public let remedy: Remedy?
  /// Whether something is likely to be wrong.
  public let isWarning: Bool

  /// A line, and what could be done about it.
  public init(_ text: String, remedy: Remedy? = nil, isWarning: Bool = false) {
    (self.text, self.remedy, self.isWarning) = (text, remedy, isWarning)
  }

  /// A line.
  public init(stringLiteral text: String) { self.init(text) }

  public var description: String { text }
}
