import Foundation
import Tensors

/// The multi-scale flow of Kingma & Dhariwal (2018), figure 2b:
///
///     L × ( squeeze → K × (actnorm → mix → coupling) → split )          no split after the last level
///
///     log p(x) = Σ log|det J| + Σ log density of each level's latent          nats, per example
///
/// x: [N, H, W, C], dequantized. Latents keep every split, so decode(encode(x)) is x.
public final class Glow {
  /// What the model is.
  public let configuration: GlowConfiguration
  let levels: [(chain: Chain, split: Split?)]
  let prior: Prior

  /// A model with the initial values of a seed; the configuration must have no defect.
  public init(_ configuration: GlowConfiguration, seed: UInt64 = 0) {
    precondition(configuration.defect == nil, configuration.defect ?? "")
    self.configuration = configuration
    var channels = configuration.channels
    var index = 0
    levels = (0..<configuration.levels).map { level in
      channels *= 4
      var parts: [(String, any Flow)] = [(".squeeze", Squeeze())]
      for step in 0..<configuration.steps {
        let name = ".steps.\(step)"
        let random = RandomStream(seed: seed, .parameters, index)
        parts.append((name + ".actnorm", ActNorm(channels: channels)))
        parts.append((name + ".mix", Mix(channels: channels, random: random)))
        parts.append(
          (name + ".coupling", Self.coupling(configuration, channels, seed: seed, index + 1)))
        index += 3
      }
      guard level < configuration.levels - 1 else { return (Chain(parts), nil) }
      defer { channels /= 2 }
      return (Chain(parts), Split(channels: channels, kernel: (3, 3)))
    }
    prior = Prior(channels: channels, classes: configuration.classes.count)
  }

  private static func coupling(
    _ c: GlowConfiguration, _ channels: Int, seed: UInt64, _ index: Int
  ) -> any Flow {
    func net(_ outputs: Int) -> ImageNet {
      ImageNet(inputs: channels / 2, width: c.hidden, outputs: outputs, seed: seed, index: index)
    }
    switch c.coupling {
    case .affine: return AffineCoupling(net: net(channels))
    case .additive: return AdditiveCoupling(net: net(channels / 2))
    }
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
      let (z, logDet) = chain.transform(x)
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

  /// x, from what `encode` returned.
  public func decode(_ latents: [Tensor]) -> Tensor {
    precondition(latents.count == levels.count, "one latent a level")
    var x: Tensor?
    for ((chain, split), latent) in zip(levels, latents).reversed() {
      let z = if let split, let x { split.inverse(x, latent) } else { latent }
      x = chain.inverse(z)
    }
    return x ?? latents[0]
  }

  // MARK: Training

  /// How activations are kept for the backward pass.
  public enum Memory: String, Codable, CaseIterable, Sendable {
    /// Kept, as forward made them.
    case store
    /// Rebuilt layer by layer from the output: a third more work, memory that does not grow with
    /// depth.
    case recompute
  }

  /// The outcome of `addGradients`.
  public struct Gradients {
    /// log p(x) per example, nats.
    public let logLikelihood: [Double]
    /// The gradient of the loss with respect to x.
    public let dx: Tensor
    /// The largest |x − x̂| of an input rebuilt from the output; 0 where it was stored.
    public let drift: Float
  }

  /// Adds the gradients of Σ weight·log p(x) to the parameters.
  public func addGradients(
    _ x: Tensor, labels: [Int]? = nil, weight: Float, memory: Memory = .store
  ) -> Gradients {
    let n = x.examples
    let weights = [Float](repeating: weight, count: n)
    var total = [Double](repeating: 0, count: n)
    func add(_ terms: [Double]) { for n in total.indices { total[n] += terms[n] } }

    var kept: [[Any]] = []
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
        (z, logDet) = chain.transform(next)
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

    var (dz, drift) = (x, Float(0))
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
        (rebuilt, dz) = chain.backward(rebuilding: z, dz, weights)
        drift = max(drift, Tensor.largestDifference(input, rebuilt))
      }
    }
    return Gradients(logLikelihood: total, dx: dz, drift: drift)
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

  // MARK: Sampling

  /// Fresh examples, [count, H, W, C]; every deviation is multiplied by `temperature`.
  ///
  /// Example n depends on the random stream and n alone, so that a longer series begins with the
  /// shorter one.
  public func sample(
    _ examples: Range<Int>, temperature: Float, labels: [Int]? = nil, random: RandomStream
  ) -> Tensor {
    var x: Tensor?
    var first = 0
    let shapes = latentShapes
    for ((chain, split), shape) in zip(levels, shapes).reversed() {
      let noise = Tensor.concatenatedExamples(
        examples.map { n in
          random.normal([1] + shape, from: n * configuration.dimensions + first)
        })
      first += shape.reduce(1, *)
      let z =
        if let split, let x {
          split.sample(x, noise: noise, temperature: temperature)
        } else {
          prior.density(examples: examples.count, labels: labels)
            .sample(noise, temperature: temperature)
        }
      x = chain.inverse(z)
    }
    return x ?? Tensor(repeating: 0, shape: [0, 1, 1, 1])
  }

  /// [H, W, C] of the latent of each level.
  public var latentShapes: [[Int]] {
    var shape = [configuration.height, configuration.width, configuration.channels]
    return levels.map { level in
      shape = [shape[0] / 2, shape[1] / 2, shape[2] * 4]
      if level.split != nil { shape[2] /= 2 }
      return shape
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

  /// The name of the first part whose output for x is not finite, or nil.
  public func firstNonFinite(_ x: Tensor) -> String? {
    if !x.isFinite { return "the input" }
    var x = x
    for (i, (chain, split)) in levels.enumerated() {
      for part in chain.parts {
        let (z, logDet) = Chain([part]).transform(x)
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
