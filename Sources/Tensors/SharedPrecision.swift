/// The precision that a model's nets multiply in: one for all of them, so that it can change from
/// one pass to the next.
public final class SharedPrecision {
  /// The precision of the next pass.
  public var value: Precision

  /// Starts with this one.
  public init(_ value: Precision = .float32) { self.value = value }
}
