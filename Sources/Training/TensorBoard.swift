/// That a run is written for TensorBoard as well, into its directory: what `metrics.jsonl` has as
/// scalars, what is drawn as images and sounds, and its options as hyperparameters.
public struct TensorBoard: Sendable {
  /// The run's options by their names, in words.
  public var hyperparameters: [(name: String, words: String)] = []
  /// Draws a picture of the rows in a table's file, and writes it to a PNG file; nil for none.
  public var picture: (@Sendable (_ table: String, _ picture: String) throws -> Void)?

  /// No hyperparameters, and no pictures of tables.
  public init() {}
}
