import Tensors

/// The function inside a coupling, from the first half of the channels to what transforms the
/// second. It is never inverted, but must give the same bits each time it is run.
public protocol CouplingNet {
  /// What backward needs beside the input.
  associatedtype Saved

  /// h, at x's positions.
  func forward(_ x: Tensor) -> (h: Tensor, saved: Saved)

  /// dx from dh; parameters' gradients are added to.
  func backward(_ x: Tensor, _ saved: Saved, _ dh: Tensor) -> Tensor

  /// Calls `body` with each parameter and its name, which begins with `path`.
  func visitParameters(_ path: String, _ body: (String, Parameter) -> Void)

  /// Sets the net's actnorms from a first batch, given in parts.
  func initialize(from parts: [Tensor])
}
