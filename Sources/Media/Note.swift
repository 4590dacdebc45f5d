/// Something that a user should be told once, in a line.
public struct Note: Equatable, Sendable, CustomStringConvertible, ExpressibleByStringInterpolation {
  /// The line.
  public let text: String
  /// What could be done about it.
  public let remedy: Remedy?

  /// A line, and what could be done about it.
  public init(_ text: String, remedy: Remedy? = nil) { (self.text, self.remedy) = (text, remedy) }

  /// A line.
  public init(stringLiteral text: String) { self.init(text) }

  public var description: String { text }
}
