import Media
import Models
import Tensors

extension Latents {
  /// The latents of these images, which must have the model's shape.
  public init(of images: [Image], names: [String], in glow: Glow) {
    let c = glow.configuration
    var batches: [[Tensor]] = []
    for first in stride(from: 0, to: images.count, by: Evaluation.batch(c)) {
      let part = images[first..<min(first + Evaluation.batch(c), images.count)]
      batches.append(
        glow.computing(in: .float32) {
          glow.encode(c.centered(part.flatMap(\.samples)), labels: glow.anyLabels(part.count))
            .latents
        }
      )
    }
    let levels = glow.latentShapes().indices.map { level in
      Tensor.concatenatedExamples(batches.map { $0[level] })
    }
    self.init(levels: levels, names: names, frames: nil, model: glow.fingerprint)
  }

  /// The images that the latents stand for. Throws `Sampler.NotFinite` if they stand for none.
  public func images(in glow: Glow) throws -> [Image] {
    let c = glow.configuration
    return try stride(from: 0, to: names.count, by: Evaluation.batch(c)).flatMap { first in
      let range = first..<min(first + Evaluation.batch(c), names.count)
      let x = glow.computing(in: .float32) { glow.decode(levels.map { $0.examples(range) }) }
      guard x.isFinite else { throw Sampler.NotFinite() }
      return c.images(x).images
    }
  }
}

extension Image {
  var samples: [Int16] { pixels.map { Int16($0) } }
}
