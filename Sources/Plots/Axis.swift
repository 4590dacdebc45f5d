/// One direction of a panel.
public struct Axis: Equatable, Sendable {
  /// What the numbers are, with their unit.
  public var label: String
  /// What is shown; nil for all that the marks span.
  public var range: ClosedRange<Double>?
  /// Whether equal lengths are equal ratios. Numbers that are not positive are not shown.
  public var isLogarithmic: Bool
  /// Axes of a figure with the same link show the same range. Beside or below another panel with
  /// the same axis the numbers are not written twice.
  public var link: String?
  /// Where the ticks are; nil for round numbers, empty for none.
  public var ticks: [Double]?

  /// An axis; a `range` is not empty, and on a logarithmic axis it is positive.
  public init(
    _ label: String = "", range: ClosedRange<Double>? = nil, isLogarithmic: Bool = false,
    link: String? = nil, ticks: [Double]? = nil
  ) {
    precondition(
      !isLogarithmic || range?.lowerBound ?? 1 > 0, "a logarithmic axis shows positive numbers")
    self.label = label
    self.range = range
    self.isLogarithmic = isLogarithmic
    self.link = link
    self.ticks = ticks
  }
}
