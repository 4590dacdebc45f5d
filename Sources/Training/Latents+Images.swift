import Media
import Models
import Tensors

extension Latents {
  /// The latents of these images, which must have the model's shape.
  public init(of images: [Image], names: [String], in glow: Glow) {
    let c = glow.configuration
    var batches: [[Tensor]] = []
    for range in images.indices.pieces(of: Evaluation.batch(c)) {
      let part = images[range]
      batches.append(
        glow.computing(in: .float32) {
          glow.latents(
            of: glow.centered(part.flatMap(\.samples)), labels: glow.anyLabels(part.count))
        }
      )
    }
    let levels = glow.latentShapes().indices.map { level in
      Tensor.concatenatedExamples(batches.map { $0[level] })
    }
    self.init(levels: levels, names: names, frames: nil, model: glow.fingerprint)
  }

  /// The examples in the pieces that are decoded at once; of sounds as many as do not make more than
  /// a few tiles, or one.
  public func pieces(in glow: Glow) -> [Range<Int>] {
    guard let frames else { return names.indices.pieces(of: Evaluation.batch(glow.configuration)) }
    var (pieces, first, sum): ([Range<Int>], Int, Int) = ([], 0, 0)
    for n in frames.indices {
      if n > first, sum + frames[n] > 4 * Glow.tile {
        pieces.append(first..<n)
        (first, sum) = (n, 0)
      }
      sum += frames[n]
    }
    return pieces + (first < frames.count ? [first..<frames.count] : [])
  }

  /// The images that the latents of some examples, by default of all, stand for. Throws
  /// `Sampler.NotFinite` if they stand for none.
  public func images(_ examples: Range<Int>? = nil, in glow: Glow) throws -> [Image] {
    try (examples.map { [$0] } ?? pieces(in: glow)).flatMap { range in
      let x = glow.computing(in: .float32) { glow.decode(levels.map { $0.examples(range) }) }
      guard x.isFinite else { throw Sampler.NotFinite() }
      return glow.configuration.format.images(x).images
    }
  }
}

extension Latents {
  /// Draws of the posterior of these images, which must have the model's shape; that of image n is
  /// a function of seed and n. Without a seed, where the flows take the mean of the Gaussian before
  /// them.
  public init(of images: [Image], names: [String], in vae: VAE, seed: UInt64?) {
    let (c, random) = (vae.configuration, RandomStream(seed: seed ?? 0, .noise))
    let (pixels, size) = (RandomStream(seed: seed ?? 0, .pixels), vae.configuration.dimensions)
    let parts = images.indices.pieces(of: c.scoredAtOnce).map { range in
      let x = c.input(images[range].flatMap(\.samples)) {
        pixels.uniform([1, size], from: (range.lowerBound + $0) * size)
      }
      let shape = [range.count, c.latent]
      return vae.encode(
        x,
        noise: seed == nil
          ? Tensor(repeating: 0, shape: shape)
          : random.normal(shape, from: range.lowerBound * c.latent))
    }
    self.init(
      levels: [.concatenatedExamples(parts)], names: names, frames: nil, model: vae.fingerprint)
  }

  /// The means of p(x|z) of the latents of some examples, by default of all. Throws
  /// `Sampler.NotFinite` if they are none.
  public func images(_ examples: Range<Int>? = nil, in vae: VAE) throws -> [Image] {
    try (examples.map { [$0] } ?? vae.pieces(names.count)).flatMap { range in
      try vae.images(of: vae.decode(levels[0].examples(range)))
    }
  }
}

extension Image {
  var samples: [Int16] { pixels.map { Int16($0) } }
}
