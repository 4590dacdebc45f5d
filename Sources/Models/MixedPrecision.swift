import Tensors

/// A model whose nets multiply in a format of their own.
public protocol MixedPrecision: AnyObject {
  /// The format; all else is float32. It must not be changed while another thread uses the model.
  var precision: Precision { get set }
}

extension MixedPrecision {
  /// Runs `body` with the nets in another precision; then, also where it throws, they are in the
  /// one before.
  public func computing<R>(in precision: Precision, _ body: () throws -> R) rethrows -> R {
    let before = self.precision
    self.precision = precision
    defer { self.precision = before }
    return try body()
  }
}
