import Tensors

/// What a conditional model is told about each example beside the example itself; empty for one
/// that is told nothing.
public struct Context {
  /// The class of each example, for a model with classes.
  public var labels: [Int]?
  /// Numbers that go with each example: [N, …].
  public var features: Tensor?

  /// Both are left out where the model has no use for them.
  public init(labels: [Int]? = nil, features: Tensor? = nil) {
    (self.labels, self.features) = (labels, features)
  }

  /// That of some of the examples.
  public func examples(_ range: Range<Int>) -> Context {
    Context(labels: labels.map { Array($0[range]) }, features: features?.examples(range))
  }
}
