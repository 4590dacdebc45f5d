import Foundation
import Models
import Tensors
import Testing

/// A VAE of every posterior and likelihood, at random parameters.
@Suite struct VAETests {
  static func table(_ posterior: PosteriorName) -> VAEConfiguration {
    var c = VAEConfiguration(columns: ["a", "b", "c"])
    (c.latent, c.posterior, c.flows, c.vectors) = (3, posterior, 3, 2)
    (c.hidden, c.flowHidden) = ([5], [6])
    return c
  }

  static func image(_ likelihood: DecoderLikelihood) -> VAEConfiguration {
    var c = VAEConfiguration(
      image: .init(width: 9, height: 11, channels: 3, bits: 4), likelihood: likelihood)
    c.binarization = likelihood == .bernoulli ? .static : nil
    (c.latent, c.posterior, c.flows, c.width, c.features) = (2, .planar, 1, 4, 6)
    return c
  }

  static let configurations =
    PosteriorName.allCases.map(table) + [image(.bernoulli), image(.logistic)]

  static func model(_ c: VAEConfiguration) -> VAE {
    let vae = VAE(c, seed: 1)
    var index = 0
    vae.visitParameters { _, p in
      let noise = RandomStream(seed: 7, .parameters, index).normal(p.shape).elements
      p.set(zip(p.value.elements, noise).map { $0 + (c.image == nil ? 0.3 : 0.1) * $1 })
      index += 1
    }
    return vae
  }

  static func examples(_ count: Int, _ c: VAEConfiguration) -> Tensor {
    guard let image = c.image else { return RandomStream(seed: 2, .samples).normal([count, 3]) }
    let shape = [count, image.height, image.width, image.channels]
    let levels = Float(c.likelihood == .bernoulli ? 2 : 1 << image.bits)
    let values = RandomStream(seed: 2, .samples).uniform(shape).elements.map { u in
      let level = (u * levels).rounded(.down)
      return c.likelihood == .bernoulli ? level : (level + 0.5) / levels - 0.5
    }
    return Tensor(values, shape: shape)
  }

  /// Along a random direction in all parameters, the objective changes as the gradient says.
  @Test(arguments: configurations) func gradientIsThatOfTheBound(_ c: VAEConfiguration) {
    let (vae, x) = (Self.model(c), Self.examples(4, c))
    let noise = RandomStream(seed: 3, .samples).normal([4, c.latent])
    _ = vae.addGradients(x, noise: noise, klWeight: 0.5, freeBits: -.infinity, weight: 0.25)
    var (expected, index) = (0.0, 0)
    var moves: [(Parameter, [Float], [Float])] = []
    vae.visitParameters { _, p in
      let way = RandomStream(seed: 8, .parameters, index).normal(p.shape).elements
      expected += zip(p.gradient.elements, way).reduce(0) { $0 + Double($1.0 * $1.1) }
      moves.append((p, p.value.elements, way))
      index += 1
    }
    func objective(_ step: Float) -> Double {
      for (p, value, way) in moves { p.set(zip(value, way).map { $0 + step * $1 }) }
      let bound = vae.elbo(x, noise: noise)
      let likelihood = bound.logLikelihood.reduce(0, +)
      return 0.25 * (likelihood - 0.5 * bound.divergences.reduce(0, +))
    }
    let step: Float = c.image == nil ? 3e-3 : 1e-4
    let measured = (objective(step) - objective(-step)) / Double(2 * step)
    #expect(abs(measured - expected) < 0.02 * max(1, abs(expected)), "\(measured), \(expected)")
  }

  /// What a draw's density is said to be, the inverses say too; for one example as for a batch.
  @Test(arguments: PosteriorName.allCases) func inversesGiveTheDensityOfDraws(_ name: PosteriorName)
  {
    let c = Self.table(name)
    let (vae, x) = (Self.model(c), Self.examples(2, c))
    let noise = RandomStream(seed: 3, .samples).normal([2, 3])
    let (z, bound) = (vae.encode(x, noise: noise), vae.elbo(x, noise: noise))
    for n in 0..<2 {
      let own = x.examples(n..<n + 1)
      let density = vae.posteriorLogDensity(z.examples(n..<n + 1), of: own)[0]
      #expect(abs(density - bound.logPosterior[n]) < 1e-3)
      let weight = vae.importanceWeights(own, noise: noise.examples(n..<n + 1))[0]
      #expect(abs(weight - bound.values[n]) < 1e-4)
      let joint = vae.jointLogDensity(z.examples(n..<n + 1), own)[0]
      #expect(abs(joint - bound.logLikelihood[n] - bound.logPrior[n]) < 1e-4)
    }
  }

  /// Over all levels of a pixel the probabilities add up to 1.
  @Test func levelsAreAllThereIs() {
    var c = VAEConfiguration(
      image: .init(width: 1, height: 1, channels: 1, bits: 4), likelihood: .logistic)
    (c.latent, c.flows) = (2, 0)
    let vae = Self.model(c)
    let z = Tensor(repeating: 0.3, shape: [1, 2])
    let prior = -0.5 * 2 * 0.09 - log(2 * Double.pi)
    let total = (0..<16).reduce(0.0) { sum, level in
      let x = Tensor([(Float(level) + 0.5) / 16 - 0.5], shape: [1, 1, 1, 1])
      return sum + exp(vae.jointLogDensity(z, x)[0] - Double(Float(prior)))
    }
    #expect(abs(total - 1) < 1e-5, "\(total)")
  }

  /// No gradient of the divergence while it is below the free bits, and none of it in the rest.
  @Test func freeBitsStopTheDivergence() {
    let c = Self.table(.planar)
    let x = Self.examples(4, c)
    let noise = RandomStream(seed: 3, .samples).normal([4, 3])
    func gradients(_ klWeight: Float, _ freeBits: Float) -> [Float] {
      let vae = Self.model(c)
      _ = vae.addGradients(x, noise: noise, klWeight: klWeight, freeBits: freeBits, weight: 1)
      var all: [Float] = []
      vae.visitParameters { all += $1.gradient.elements }
      return all
    }
    #expect(gradients(1, 1e6) == gradients(0, 0))
    #expect(gradients(1, -1e6) != gradients(0, 0))
  }

  /// Over the plane both posteriors have nearly all of their mass, and the inverses are those of
  /// draws.
  @Test(arguments: [PosteriorName.gaussian, .planar, .orthogonal]) func planeHoldsThePosterior(
    _ name: PosteriorName
  ) {
    var c = Self.table(name)
    (c.latent, c.flows) = (2, 1)
    let cells = 64
    let plane = Self.model(c).posteriorPlane(of: Self.examples(1, c), cells: cells, seed: 1)
    let cell = pow((plane.x.upperBound - plane.x.lowerBound) / Double(cells), 2)
    #expect(abs(plane.truth.reduce(0, +) * cell - 1) < 1e-6)
    #expect((0.94...1.01).contains(plane.approximation.reduce(0, +) * cell))
  }

  /// A damaged configuration that would take all of the memory is refused, or takes none before
  /// values are asked for.
  @Test func hugeModelsAreRefused() {
    var c = Self.table(.triangular)
    (c.latent, c.flows, c.hidden) = (4096, 120, [1])
    #expect(c.validationError != nil)
    c.flows = 3
    #expect(c.validationError == nil && VAE(c).parameterCount > 1 << 26)
    var image = VAEConfiguration(
      image: .init(width: 512, height: 512, channels: 3), likelihood: .logistic)
    image.width = 1024
    #expect(image.validationError != nil)
    image.image = .init(width: 65536, height: 64, channels: 1)
    #expect(image.validationError != nil)
  }
}
