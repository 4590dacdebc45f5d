import Flows
import Foundation
import Tensors

/// The multi-scale flow of Kingma & Dhariwal (2018), figure 2b:
///
///     L × ( squeeze → K × (actnorm → mix → coupling) → split )          no split after the last level
///
///     log p(x) = Σ log|det J| + Σ log density of each level's latent          nats, per example
///
/// x: [N, H, W, C], dequantized; a sound is [N, 1, T, C]. What the couplings' nets are told beside
/// it, `condition`, is [N, Fh, Fw, B], of a sound [N, 1, F, B], at places of its own
/// (`GlowConfiguration.Condition`). Latents keep every split, so decode(encode(x)) is x. The model
/// is convolutional: x may be of any size that the levels divide.
public final class Glow: MixedPrecision {
  /// What the model is.
  public let configuration: GlowConfiguration
  /// The format in which the couplings' nets multiply; all else is float32.
  ///
  /// In bfloat16 `decode` inverts `encode` only to that format's precision: the last bits that
  /// float32 loses on the way back can be rounded to other numbers. Training does not suffer from
  /// that. It must not be changed while another thread uses the model.
  public var precision: Precision {
    get { shared.value }
    set { shared.value = newValue }
  }
  private let shared: SharedPrecision
  let levels: [Level]
  /// Brings each number of a condition to mean 0 and deviation 1, by the first batch; nil of a
  /// model that is told nothing.
  let normalizer: ActNorm?
  /// Nil where noise is uniform.
  let dequantizer: Dequantizer?

  /// A model with the initial values of a seed; the configuration must have no validation error.
  public init(_ configuration: GlowConfiguration, seed: UInt64 = 0) {
    let error = configuration.validationError
    precondition(error == nil, error ?? "")
    self.configuration = configuration
    let precision = SharedPrecision()
    shared = precision
    let c = configuration
    normalizer = c.condition.map { ActNorm(channels: $0.channels, isTrained: false) }
    dequantizer = c.dequantizer.map { Self.dequantizer($0, of: c, precision, seed: seed) }
    levels = c.levelShapes().enumerated().map { level, shape in
      let channels = shape.channels
      var parts: [(String, any Flow)] = [(".squeeze", Squeeze(c.squeeze))]
      for step in 0..<c.steps {
        let name = ".steps.\(step)"
        parts.append((name + ".actnorm", ActNorm(channels: channels)))
        parts += Self.mixed(
          c, channels, precision, seed: seed, step: level * c.steps + step, name: name)
      }
      let isLast = level == c.levels - 1
      return Level(
        name: "levels.\(level)", chain: Chain(parts),
        end: isLast
          ? .prior(Prior(channels: channels, classes: c.classes.count))
          : .split(Split(channels: channels, kernel: c.medium.splitKernel)))
    }
  }

  /// A mix and the coupling behind it.
  private static func mixed(
    _ c: GlowConfiguration, _ channels: Int, _ precision: SharedPrecision, seed: UInt64,
    step: Int, name: String
  ) -> [(String, any Flow)] {
    let random = RandomStream(seed: seed, .parameters, 3 * step)
    return [
      (name + ".mix", InvertibleConvolution(channels: channels, random: random)),
      (name + ".coupling", coupling(c, channels, precision, seed: seed, 3 * step + 1)),
    ]
  }

  /// Its nets are told as many numbers as they see.
  private static func dequantizer(
    _ shape: GlowConfiguration.Dequantizer, of c: GlowConfiguration, _ precision: SharedPrecision,
    seed: UInt64
  ) -> Dequantizer {
    let channels = c.levelShapes()[0].channels
    var own = c
    own.hidden = shape.hidden
    own.condition = GlowConfiguration.Condition(channels: channels, spacing: 1)
    let parts = (0..<shape.steps).flatMap { step in
      mixed(
        own, channels, precision, seed: seed, step: c.levels * c.steps + step,
        name: ".steps.\(step)")
    }
    return Dequantizer(Chain(parts), squeeze: c.squeeze)
  }

  private static func coupling(
    _ c: GlowConfiguration, _ channels: Int, _ precision: SharedPrecision, seed: UInt64,
    _ index: Int
  ) -> any Flow {
    let half = channels / 2
    func around(_ net: some CouplingNet) -> any Flow {
      switch c.coupling {
      case .affine: AffineCoupling(net: net)
      case .additive: AdditiveCoupling(net: net)
      case .mixture: MixtureCoupling(components: c.mixtureComponents, net: net)
      }
    }
    let (inputs, outputs) = (half, half * c.coupledParameters)
    let bias = (0..<half).flatMap { _ in c.initialCoupledParameters }
    switch c.medium {
    case .images:
      return around(
        ImageNet(
          inputs: inputs, width: c.hidden, outputs: outputs, lastKernel: c.lastKernel,
          condition: c.condition?.channels ?? 0, border: c.border ?? false, bias: bias,
          precision: precision, seed: seed, index: index))
    case .sound(_, let layers):
      return around(
        AudioNet(
          inputs: inputs, width: c.hidden, outputs: outputs, layers: layers,
          condition: c.condition?.channels ?? 0, bias: bias, precision: precision, seed: seed,
          index: index))
    }
  }

  // MARK: Likelihood

  /// The latents of each level, the first level's first, and log p(x) per example in nats.
  public func encode(_ x: Tensor, labels: [Int]? = nil, condition: Tensor? = nil)
    -> (latents: [Tensor], logLikelihood: [Double])
  {
    encode(x, labels, levels(given: condition, for: x.shape))
  }

  func encode(_ x: Tensor, _ labels: [Int]?, _ levels: [Level])
    -> (latents: [Tensor], logLikelihood: [Double])
  {
    var (next, latents): (Tensor?, [Tensor]) = (x, [])
    var total = [Double](repeating: 0, count: x.examples)
    for level in levels {
      guard let x = next else { break }
      let latent: Tensor
      (next, latent) = level.encode(x, labels, addingTo: &total)
      latents.append(latent.contiguous())
    }
    return (latents, total)
  }

  // MARK: Training

  /// The outcome of `addGradients`.
  public struct Gradients {
    /// log p(x) per example, nats.
    public let logLikelihood: [Double]
    /// The gradient of the loss with respect to x.
    public let dx: Tensor
    /// The largest |x − x̂| of an input rebuilt from the output; 0 where it was stored.
    public let reconstructionError: Float
  }

  /// Adds the gradients of Σ weight·log p(x) to the parameters; `left` is told each of them once
  /// its gradient is whole, the last layer's first.
  public func addGradients(
    _ x: Tensor, labels: [Int]? = nil, condition: Tensor? = nil, weight: Float,
    memory: ActivationMemory = .store, left: ((Parameter) -> Void)? = nil
  ) -> Gradients {
    let levels = levels(given: condition, for: x.shape)
    let weights = [Float](repeating: weight, count: x.examples)
    var total = [Double](repeating: 0, count: x.examples)
    var (next, kept): (Tensor?, [Level.Kept]) = (x, [])
    for level in levels {
      guard let x = next else { break }
      let one: Level.Kept
      (next, one) = level.forward(x, labels, memory, addingTo: &total)
      kept.append(one)
    }
    var (dx, worst): (Tensor?, Float) = (nil, 0)
    for level in levels.reversed() {
      let error: Float
      (dx, error) = level.backward(kept.removeLast(), dx, labels, weights, left: left)
      worst = max(worst, error)
    }
    guard let dx else { preconditionFailure("a model has a level") }
    return Gradients(logLikelihood: total, dx: dx, reconstructionError: worst)
  }

  /// The logarithm of what a number of a condition is multiplied by, at most.
  private static let mostTold = Float(log(4.0))

  /// Sets every actnorm from a first batch, in order, each seeing the layers before it already set.
  /// It is never run by anything else, and not again after a checkpoint is loaded.
  public func initialize(from x: Tensor, condition: Tensor? = nil) {
    if let condition, let normalizer {
      _ = normalizer.initialize(from: condition)
      // what hardly moves in the first batch may move in others, and would be all that is told
      normalizer.logScale.set(normalizer.logScale.value.elements.map { min($0, Self.mostTold) })
    }
    _ = levels(given: condition, for: x.shape).reduce(x) { $1.initialize(from: $0) }
  }

  // MARK: Parameters

  /// Every parameter with its name in a checkpoint, always in the same order.
  public func visitParameters(_ body: (String, Parameter) -> Void) {
    normalizer?.visitParameters("condition", body)
    dequantizer?.visitParameters(body)
    for level in levels { level.visitParameters(body) }
  }

  /// The condition numbers of actnorms and invertible convolutions, with the names of their
  /// parameters' beginnings.
  public var conditionNumbers: [(name: String, number: Double)] {
    levels.flatMap(\.conditionNumbers)
  }

  /// The name of the first part whose output for x is not finite, or nil.
  public func firstNonFinite(_ x: Tensor, condition: Tensor? = nil) -> String? {
    if !x.isFinite { return "the input" }
    if condition?.isFinite == false { return "the condition" }
    var x = x
    for level in levels(given: condition, for: x.shape) {
      let (name, next) = level.firstNonFinite(x)
      if let name { return name }
      x = next
    }
    return nil
  }
}
