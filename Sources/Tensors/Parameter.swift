/// An array that training changes, and the gradient that backward passes add to.
///
/// It is the one thing here with an identity: layers hold it, the optimizer updates it in place.
public final class Parameter {
  /// The current value; its shape never changes.
  public let value: Tensor
  /// The sum of the gradients since it was last set to zero; empty where not trained.
  public let gradient: Tensor
  /// Counts the changes of the value, for what is derived from it and kept.
  private(set) var version = 0
  /// False for what is stored but never trained, such as a permutation.
  public let isTrained: Bool

  /// A parameter that starts at `value`.
  public init(_ value: Tensor, isTrained: Bool = true) {
    self.value = Tensor(lasting: value)
    self.gradient = Tensor(lasting: Tensor(repeating: 0, shape: isTrained ? value.shape : [0]))
    self.isTrained = isTrained
  }

  /// A parameter of this shape that starts at zero.
  public convenience init(zeros shape: [Int]) {
    self.init(Tensor(repeating: 0, shape: shape))
  }

  /// Replaces the value by as many elements.
  public func set(_ elements: [Float]) { change { value.overwrite(elements) } }

  /// Sets every element to zero.
  public func clear() { change { value.pointer.update(repeating: 0, count: value.count) } }

  /// Runs what writes to the value.
  func change(_ body: () -> Void) {
    body()
    version += 1
  }

  /// Adds to the gradient.
  public func accumulate(_ elements: [Float]) {
    precondition(elements.count == gradient.count, "\(elements.count) for \(gradient.shape)")
    for (i, element) in elements.enumerated() { gradient.pointer[i] += element }
  }

  /// Sets the gradient to zero.
  public func clearGradient() { gradient.pointer.update(repeating: 0, count: gradient.count) }
}
