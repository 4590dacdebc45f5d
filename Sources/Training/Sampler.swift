import Flows
import Media
import Tensors

/// Draws images from a model and turns tensors into images.
public struct Sampler {
  private let glow: Glow
  private let random: RandomStream

  /// A sampler whose image n is a function of seed and n.
  public init(_ glow: Glow, seed: UInt64) {
    self.glow = glow
    random = RandomStream(seed: seed, .samples)
  }

  /// A value that is not finite came out of the model.
  public struct NotFinite: Error, CustomStringConvertible {
    /// The one and only.
    public init() {}
    public var description: String { "the model gave values that are not finite" }
  }

  /// Images 0..<count, and how many of their samples lay outside the range and were clamped.
  ///
  /// `label` is the class of all of them; without one a class-conditional model takes its classes in
  /// turn. Throws `NotFinite`.
  public func images(_ count: Int, temperature: Float, label: Int? = nil) throws
    -> (images: [Image], clamped: Int)
  {
    let c = glow.configuration
    var (images, clamped) = ([Image](), 0)
    for first in stride(from: 0, to: count, by: Evaluation.batch(c)) {
      let range = first..<min(first + Evaluation.batch(c), count)
      let labels = c.classes.isEmpty ? nil : range.map { label ?? $0 % c.classes.count }
      let x = glow.sample(range, temperature: temperature, labels: labels, random: random)
      guard x.isFinite else { throw NotFinite() }
      clamped += x.elements.count { $0 < -0.5 || $0 >= 0.5 }
      images += c.images(x)
    }
    return (images, clamped)
  }
}

extension GlowConfiguration {
  /// The images that tensors of shape [N, H, W, C] stand for.
  public func images(_ x: Tensor) -> [Image] {
    let pixels = x.quantized(bits: bits)
    return (0..<x.examples).map { n in
      Image(
        width: width, height: height, channels: channels,
        pixels: Array(pixels[n * dimensions..<(n + 1) * dimensions]))
    }
  }
}
