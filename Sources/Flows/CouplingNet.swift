import Tensors

/// The function inside a coupling, from the first half of the channels to what transforms the
/// second. It is never inverted, but must give the same bits each time it is run.
public protocol CouplingNet {
  /// What backward needs beside the input.
  associatedtype Saved

  /// The format that x is rounded to before anything else.
  var precision: Precision { get }

  /// h, at x's positions.
  func forward(_ x: Tensor) -> (h: Tensor, saved: Saved)

  /// dx, in float32, from dh; parameters' gradients are added to. x is what forward was given.
  func backward(_ x: Tensor, _ saved: Saved, _ dh: Tensor) -> Tensor

  /// The net that is told something beside its input, at the rows of its input; one that takes no
  /// condition is as it was.
  func given(_ condition: RowsBetween) -> Self
  /// The net told what belongs to some of the examples.
  func forExamples(_ range: Range<Int>) -> Self

  /// Calls `body` with each parameter and its name, which begins with `path`.
  func visitParameters(_ path: String, _ body: (String, Parameter) -> Void)

  /// Sets the net's actnorms from a first batch, given in parts.
  func initialize(from parts: [Tensor])
}

extension CouplingNet {
  public var precision: Precision { .float32 }
  public func given(_ condition: RowsBetween) -> Self { self }
  public func forExamples(_ range: Range<Int>) -> Self { self }

  /// x as the net rounds it, nil where it takes x as it is. What inverting leaves of x is off in
  /// its last bits, and the least of that can be rounded to another number, so a coupling that is
  /// to be restored exactly keeps this.
  func rounded(_ x: Tensor) -> Tensor? { precision == .float32 ? nil : x.converted(to: precision) }
}
