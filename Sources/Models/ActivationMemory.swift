/// How activations are kept for the backward pass.
public enum ActivationMemory: String, Codable, CaseIterable, Sendable {
  /// Kept, as forward made them.
  case store
  /// Rebuilt layer by layer from the output: a third more work, memory that does not grow with
  /// depth, but for the rounded input of each coupling in bfloat16.
  case recompute
}
