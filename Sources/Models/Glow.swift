import Flows
import Foundation
import Tensors

/// The multi-scale flow of Kingma & Dhariwal (2018), figure 2b:
///
///     L × ( squeeze → K × (actnorm → mix → coupling) → split )          no split after the last level
///
///     log p(x) = Σ log|det J| + Σ log density of each level's latent          nats, per example
///
/// x: [N, H, W, C], dequantized; a sound is [N, 1, T, C]. Latents keep every split, so
/// decode(encode(x)) is x. The model is convolutional: x may be of any size that the levels divide.
public final class Glow {
  /// What the model is.
  public let configuration: GlowConfiguration
  /// The format in which the couplings' nets multiply; all else is float32.
  ///
  /// In bfloat16 `decode` inverts `encode` only to that format's precision: the last bits that float32
  /// loses on the way back can be rounded to other numbers. Training does not suffer from that. It must
  /// not be changed while another thread uses the model.
  public var precision: Precision {
    get { shared.value }
    set { shared.value = newValue }
  }
  private let shared: SharedPrecision
  let levels: [(chain: Chain, split: Split?)]
  let prior: Prior

  /// A model with the initial values of a seed; the configuration must have no validationError.
  public init(_ configuration: GlowConfiguration, seed: UInt64 = 0) {
    precondition(configuration.validationError == nil, configuration.validationError ?? "")
    self.configuration = configuration
    let precision = SharedPrecision()
    shared = precision
    let factor = configuration.squeeze
    var channels = configuration.channels
    var index = 0
    levels = (0..<configuration.levels).map { level in
      channels *= factor.height * factor.width
      var parts: [(String, any Flow)] = [(".squeeze", Squeeze(factor))]
      for step in 0..<configuration.steps {
        let name = ".steps.\(step)"
        let random = RandomStream(seed: seed, .parameters, index)
        parts.append((name + ".actnorm", ActNorm(channels: channels)))
        parts.append((name + ".mix", InvertibleConvolution(channels: channels, random: random)))
        let coupling = Self.coupling(configuration, channels, precision, seed: seed, index + 1)
        parts.append((name + ".coupling", coupling))
        index += 3
      }
      guard level < configuration.levels - 1 else { return (Chain(parts), nil) }
      defer { channels /= 2 }
      return (
        Chain(parts), Split(channels: channels, kernel: (configuration.audio == nil ? 3 : 1, 3))
      )
    }
    prior = Prior(channels: channels, classes: configuration.classes.count)
  }

  private static func coupling(
    _ c: GlowConfiguration, _ channels: Int, _ precision: SharedPrecision, seed: UInt64,
    _ index: Int
  ) -> any Flow {
    func around(_ net: some CouplingNet) -> any Flow {
      switch c.coupling {
      case .affine: AffineCoupling(net: net)
      case .additive: AdditiveCoupling(net: net)
      }
    }
    let (inputs, outputs) = (channels / 2, c.coupling == .affine ? channels : channels / 2)
    guard let audio = c.audio else {
      return around(
        ImageNet(
          inputs: inputs, width: c.hidden, outputs: outputs, precision: precision, seed: seed,
          index: index))
    }
    return around(
      AudioNet(
        inputs: inputs, width: c.hidden, outputs: outputs, layers: audio.layers,
        precision: precision, seed: seed, index: index))
  }

  /// Runs `body` with the nets in another precision; then, also where it throws, they are in the one
  /// before.
  public func computing<R>(in precision: Precision, _ body: () throws -> R) rethrows -> R {
    let before = self.precision
    self.precision = precision
    defer { self.precision = before }
    return try body()
  }

  // MARK: Likelihood

  /// The latents of each level, the first level's first, and log p(x) per example in nats.
  public func encode(_ x: Tensor, labels: [Int]? = nil)
    -> (latents: [Tensor], logLikelihood: [Double])
  {
    var (x, latents) = (x, [Tensor]())
    var total = [Double](repeating: 0, count: x.examples)
    func add(_ terms: [Double]) { for n in total.indices { total[n] += terms[n] } }
    for (chain, split) in levels {
      let (z, logDet, _) = chain.transform(x)
      add(logDet)
      if let split {
        let (next, latent, logDensity) = split.forward(z)
        add(logDensity)
        latents.append(latent.contiguous())
        x = next
      } else {
        add(prior.density(examples: z.examples, labels: labels).logDensity(z))
        latents.append(z)
      }
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

  /// Adds the gradients of Σ weight·log p(x) to the parameters.
  public func addGradients(
    _ x: Tensor, labels: [Int]? = nil, weight: Float, memory: ActivationMemory = .store
  ) -> Gradients {
    let n = x.examples
    let weights = [Float](repeating: weight, count: n)
    var total = [Double](repeating: 0, count: n)
    func add(_ terms: [Double]) { for n in total.indices { total[n] += terms[n] } }

    var kept: [[Any]] = []
    var traces: [[Tensor?]] = []
    var inputs: [Tensor] = []
    var outputs: [Tensor] = []
    var next = x
    for (chain, split) in levels {
      inputs.append(next)
      let z: Tensor
      let logDet: [Double]
      switch memory {
      case .store:
        let saved: [Any]
        (z, logDet, saved) = chain.forward(next)
        kept.append(saved)
      case .recompute:
        let traced: [Tensor?]
        (z, logDet, traced) = chain.transform(next)
        traces.append(traced)
      }
      add(logDet)
      outputs.append(z)
      if let split {
        let (x1, _, logDensity) = split.forward(z)
        add(logDensity)
        next = x1
      } else {
        add(prior.density(examples: n, labels: labels).logDensity(z))
      }
    }

    var (dz, reconstructionError) = (x, Float(0))
    for (chain, split) in levels.reversed() {
      let (input, z) = (inputs.removeLast(), outputs.removeLast())
      if let split {
        dz = split.backward(z.firstHalf, z.secondHalf, dz, weights)
      } else {
        dz = prior.backward(z, labels: labels, weights)
      }
      switch memory {
      case .store:
        dz = chain.backward(kept.removeLast(), dz, weights)
      case .recompute:
        let rebuilt: Tensor
        (rebuilt, dz) = chain.backward(rebuilding: z, traces.removeLast(), dz, weights)
        reconstructionError = max(reconstructionError, Tensor.largestDifference(input, rebuilt))
      }
    }
    return Gradients(logLikelihood: total, dx: dz, reconstructionError: reconstructionError)
  }

  /// Sets every actnorm from a first batch, in order, each seeing the layers before it already set.
  /// It is never run by anything else, and not again after a checkpoint is loaded.
  public func initialize(from x: Tensor) {
    var x = x
    for (chain, split) in levels {
      let z = chain.initialize(from: x)
      x = split == nil ? z : z.firstHalf
    }
  }

  // MARK: Parameters

  /// Every parameter with its name in a checkpoint, always in the same order.
  public func visitParameters(_ body: (String, Parameter) -> Void) {
    for (i, (chain, split)) in levels.enumerated() {
      chain.visitParameters("levels.\(i)", body)
      split?.visitParameters("levels.\(i).split", body)
    }
    prior.visitParameters("prior", body)
  }

  /// The condition numbers of actnorms and mixes, with the names of their parameters' beginnings.
  public var conditionNumbers: [(name: String, number: Double)] {
    levels.enumerated().flatMap { i, level in
      level.chain.parts.compactMap { part in
        part.flow.conditionNumber.map { ("levels.\(i)" + part.name, $0) }
      }
    }
  }

  /// The name of the first part whose output for x is not finite, or nil.
  public func firstNonFinite(_ x: Tensor) -> String? {
    if !x.isFinite { return "the input" }
    var x = x
    for (i, (chain, split)) in levels.enumerated() {
      for part in chain.parts {
        let (z, logDet, _) = Chain([part]).transform(x)
        if !z.isFinite || !logDet.allSatisfy(\.isFinite) { return "levels.\(i)" + part.name }
        x = z
      }
      if let split {
        let (x1, _, logDensity) = split.forward(x)
        if !logDensity.allSatisfy(\.isFinite) { return "levels.\(i).split" }
        x = x1
      }
    }
    return nil
  }
}
