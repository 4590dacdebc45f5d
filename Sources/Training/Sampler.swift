import Media
import Models
import Tensors

/// Draws images or sounds from a model and turns tensors into them.
public struct Sampler {
  private let glow: Glow
  private let seed: UInt64

  /// A sampler whose example n is a function of seed and n.
  public init(_ glow: Glow, seed: UInt64) { (self.glow, self.seed) = (glow, seed) }

  /// A value that is not finite came out of the model.
  public struct NotFinite: Error, CustomStringConvertible {
    /// The one and only.
    public init() {}
    public var description: String {
      "the model gave values that are not finite; a lower temperature or other weights may not"
    }
  }

  /// Images 0..<count, and how many of their samples lay outside the range and were clamped.
  ///
  /// `label` is the class of all of them; without one a class-conditional model takes its classes in
  /// turn. Throws `NotFinite`.
  public func images(_ count: Int, temperature: Float, label: Int? = nil) throws
    -> (images: [Image], clamped: Int)
  {
    let parts = try draw(count, glow.configuration.width, temperature, label)
      .map(glow.configuration.images)
    return (parts.flatMap(\.images), parts.reduce(0) { $0 + $1.clamped })
  }

  /// Sounds 0..<count of so many frames, and how many samples were clamped, as `images`.
  public func sounds(_ count: Int, frames: Int, temperature: Float, label: Int? = nil) throws
    -> (sounds: [Sound], clamped: Int)
  {
    let parts = try draw(count, glow.configuration.padded(frames), temperature, label)
      .map { glow.configuration.sounds($0, frames: frames) }
    return (parts.flatMap(\.sounds), parts.reduce(0) { $0 + $1.clamped })
  }

  private func draw(_ count: Int, _ width: Int, _ temperature: Float, _ label: Int?) throws
    -> [Tensor]
  {
    let c = glow.configuration
    let size = Evaluation.batch(c, width: width)
    return try stride(from: 0, to: count, by: size).map { first in
      let range = first..<min(first + size, count)
      let labels = c.classes.isEmpty ? nil : range.map { label ?? $0 % c.classes.count }
      let x = glow.sample(
        range, width: width, temperature: temperature, labels: labels, seed: seed)
      guard x.isFinite else { throw NotFinite() }
      return x
    }
  }
}

extension GlowConfiguration {
  /// The images that a tensor of shape [N, H, W, C] stands for, and how many samples were clamped.
  public func images(_ x: Tensor) -> (images: [Image], clamped: Int) {
    let (samples, clamped) = x.quantized(on: grid)
    let images = (0..<x.examples).map { n in
      Image(
        width: width, height: height, channels: channels,
        pixels: samples[n * dimensions..<(n + 1) * dimensions].map { UInt8($0) })
    }
    return (images, clamped)
  }

  /// The sounds that a tensor of shape [N, 1, T, C] stands for, their first `frames` frames, and how
  /// many samples were clamped.
  public func sounds(_ x: Tensor, frames: Int) -> (sounds: [Sound], clamped: Int) {
    let (samples, clamped) = x.columns(0..<frames).quantized(on: grid)
    let size = frames * channels
    let sounds = (0..<x.examples).map { n in
      Sound(
        rate: audio?.rate ?? 0, channels: channels,
        samples: Array(samples[n * size..<(n + 1) * size]))
    }
    return (sounds, clamped)
  }
}
