import Models
import Tensors

/// What is done to latents before they are decoded again.
extension Latents {
  /// With the latent of one level taken from others, which must be of as many examples of the same
  /// size.
  public func replacing(level: Int, by other: Latents) -> Latents {
    precondition(other.levels[level].shape == levels[level].shape, "latents of one shape")
    return with(level, other.levels[level])
  }

  /// With the latent of one level drawn anew, given those of the levels behind it: z ~ p(z_level |
  /// z_deeper), with its deviation multiplied by `temperature`. A model with classes takes it as of
  /// the likeliest unless it is told one. Of one example.
  public func redrawing(
    level: Int, temperature: Float, label: Int? = nil, seed: UInt64, in glow: Glow
  ) -> Latents {
    precondition(names.count == 1, "one example")
    return with(
      level,
      glow.computing(in: .float32) {
        glow.latent(
          level, given: levels, temperature: temperature,
          labels: label.map { [$0] }, seed: seed)
      })
  }

  private func with(_ level: Int, _ latent: Tensor) -> Latents {
    var levels = levels
    levels[level] = latent
    return Latents(levels: levels, names: names, frames: frames, condition: condition, model: model)
  }

  /// The mean over the examples, as one example; sounds must be of one length.
  public var mean: Latents {
    let count = names.count
    precondition(Set(frames ?? []).count <= 1, "sounds of one length")
    let means = levels.map { z in
      // one behind the other for images, side by side for sounds: equal parts either way
      let (all, size) = (z.elements, z.count / count)
      let mean = (0..<size).map { i in
        Float(
          stride(from: i, to: all.count, by: size).reduce(0.0) { $0 + Double(all[$1]) }
            / Double(count))
      }
      var shape = z.shape
      shape[frames == nil ? 0 : 2] /= count
      return Tensor(mean, shape: shape)
    }
    return Latents(
      levels: means, names: ["mean of \(count)"], frames: frames.map { [$0[0]] }, model: model)
  }

  /// Moved by `amount` of the way from one example to another:
  ///
  ///     z + amount · (to − from)
  ///
  /// Kingma & Dhariwal (2018), section 6.4. All are one example of one size.
  public func moved(by amount: Float, from: Latents, to: Latents) -> Latents {
    let moved = levels.indices.map { level in
      let (z, a, b) = (levels[level], from.levels[level], to.levels[level])
      precondition(z.shape == a.shape && z.shape == b.shape, "latents of one shape")
      let (ends, starts) = (b.elements, a.elements)
      return Tensor(
        z.elements.enumerated().map { i, z in z + amount * (ends[i] - starts[i]) }, shape: z.shape)
    }
    return Latents(levels: moved, names: names, frames: frames, model: model)
  }
}
