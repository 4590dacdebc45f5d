/// An array that training changes, and the gradient that backward passes add to.
///
/// It is the one thing here with an identity: layers hold it, the optimizer updates it in place.
/// Its memory is taken when the value is first asked for or set, by one thread, so that a model's
/// names and shapes can be compared with those in a file before anything is allocated.
public final class Parameter {
  /// What the elements may be.
  public enum Constraint: Sendable {
    /// Any finite numbers.
    case free
    /// 0 ..< count in some order.
    case permutation
    /// 1 and −1.
    case sign
  }

  /// What twins have in common.
  private final class Value {
    let tensor: Tensor
    var version = 0

    init(_ tensor: Tensor) { self.tensor = tensor }
  }

  /// The value's shape, which never changes.
  public let shape: [Int]
  /// What a checkpoint must hold for it.
  public let constraint: Constraint
  /// False for what is stored but never trained, such as a permutation.
  public let isTrained: Bool
  /// Whether weight decay draws it to zero; not what is a scale of the data.
  public var decays = true
  /// Whether it is a matrix of weights onto hidden units, [outputs, …], as `MuonStep` takes it.
  public var isHiddenMatrix = false
  /// Nil once the value is made.
  private var initial: (() -> Tensor)?
  private var held: Value?
  private var ownGradient: Tensor?

  /// A parameter that starts at `value`.
  public convenience init(
    _ value: Tensor, isTrained: Bool = true, constraint: Constraint = .free
  ) {
    self.init(shape: value.shape, isTrained: isTrained, constraint: constraint) { value }
    make(value)
  }

  /// A parameter of this shape that starts at what `initial` gives when the value is first asked
  /// for; never asked where the value is set before, as from a file.
  public init(
    shape: [Int], isTrained: Bool = true, constraint: Constraint = .free,
    initial: @escaping () -> Tensor
  ) {
    (self.shape, self.isTrained, self.constraint) = (shape, isTrained, constraint)
    self.initial = initial
  }

  /// A parameter of this shape that starts at zero.
  public convenience init(zeros shape: [Int]) {
    self.init(shape: shape) { Tensor(repeating: 0, shape: shape) }
  }

  /// The current value.
  public var value: Tensor { made.tensor }
  /// The sum of the gradients since it was last set to zero; empty where not trained.
  public var gradient: Tensor {
    if let ownGradient { return ownGradient }
    make()
    return self.gradient
  }

  /// Counts the changes of the value, for what is derived from it and kept.
  var version: Int { made.version }

  private var made: Value {
    if let held { return held }
    make()
    return self.made
  }

  private func make() {
    guard let initial else { preconditionFailure("a parameter has a value, or what makes it") }
    make(initial())
  }

  private func make(_ value: Tensor) {
    precondition(value.shape == shape, "\(value.shape) for \(shape)")
    hold(Value(Tensor(lasting: value)))
  }

  private func hold(_ value: Value) {
    ownGradient = Tensor(lasting: Tensor(repeating: 0, shape: isTrained ? shape : [0]))
    held = value
    initial = nil
  }

  /// Becomes a twin of another: the value is one, in the same memory, and the gradients are two.
  package func share(valueOf other: Parameter) {
    precondition(other.shape == shape && other.isTrained == isTrained)
    hold(other.made)
  }

  /// Replaces the value by as many elements.
  public func set(_ elements: [Float]) {
    guard let held else {
      make(Tensor(elements, shape: shape))
      return
    }
    change { held.tensor.overwrite(elements) }
  }

  /// Sets every element to zero.
  public func clear() { change { value.pointer.update(repeating: 0, count: value.count) } }

  /// Runs what writes to the value.
  func change(_ body: () -> Void) {
    body()
    made.version += 1
  }

  /// Adds to the gradient.
  public func accumulate(_ elements: [Float]) {
    let sum = gradient.pointer  // asked for once: every element would retain and release it
    precondition(elements.count == gradient.count, "\(elements.count) for \(gradient.shape)")
    for (i, element) in elements.enumerated() { sum[i] += element }
  }

  /// Adds to the gradient.
  func accumulate(_ d: Tensor) {
    precondition(d.count == gradient.count, "\(d.shape) for \(gradient.shape)")
    gradient.reshaped([1, d.count]).copyRows(
      of: d.contiguous().reshaped([1, d.count]), at: 0, adding: true)
  }

  /// Sets the gradient to zero.
  public func clearGradient() { gradient.pointer.update(repeating: 0, count: gradient.count) }
}
