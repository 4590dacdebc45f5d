import Tensors

/// What rebuilds a model: it stands in a checkpoint as `model`.
public protocol ModelConfiguration: Codable, Equatable, Sendable {
  /// Why no model can be built from this, or nil. Bounds keep a damaged file from asking for all of
  /// the memory.
  var validationError: String? { get }
}

/// What can be trained, kept in a file, scored and drawn from: the contract between the models and
/// all that is done with them.
///
/// A parameter must take no memory before its value is asked for or set (`Parameter(shape:)`), so
/// that a file can be compared with the model before anything is allocated.
public protocol Model: AnyObject {
  /// What rebuilds a model of this type.
  associatedtype Configuration: ModelConfiguration

  /// The kinds of model that this type is; each stands in checkpoints as `kind`.
  static var kinds: [String] { get }
  /// The one of `kinds` that a model of this configuration is.
  static func kind(of configuration: Configuration) -> String

  /// A model with the initial values of a seed; the configuration must have no validation error.
  init(_ configuration: Configuration, seed: UInt64)

  /// What the model is.
  var configuration: Configuration { get }

  /// Every parameter with its name in a checkpoint, always in the same order.
  func visitParameters(_ body: (String, Parameter) -> Void)

  /// Sets what depends on data, such as actnorms, from a first batch. Nothing else ever does it,
  /// and it is not done again after a checkpoint is loaded.
  func initialize(from x: Tensor, _ context: Context)

  /// log p(x | context) per example, in nats; of a model that has only a bound of it, that.
  func logLikelihood(_ x: Tensor, _ context: Context) -> [Double]

  /// Fresh examples; every deviation is multiplied by `temperature`. Example n is a function of
  /// seed, n and its context alone. The context's first entry is that of the range's first example.
  func sample(_ examples: Range<Int>, temperature: Float, _ context: Context, seed: UInt64)
    -> Tensor

  /// The name of the first part whose output for x is not finite, or nil.
  func firstNonFinite(_ x: Tensor, _ context: Context) -> String?

  /// How much the inverse of each layer may magnify errors, where that does not depend on x, with
  /// the names of their parameters' beginnings.
  var conditionNumbers: [(name: String, number: Double)] { get }
}

extension Model {
  /// What it is called in a checkpoint.
  public var kind: String { Self.kind(of: configuration) }

  /// The number of trained numbers.
  public var parameterCount: Int {
    var count = 0
    visitParameters { _, p in count += p.isTrained ? p.shape.reduce(1, *) : 0 }
    return count
  }
}
