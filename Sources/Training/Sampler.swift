import Media
import Models
import Tensors

/// Draws images or sounds from a model and turns tensors into them. A model that is told something
/// is told what is its mean.
public struct Sampler {
  private let glow: Glow
  private let seed: UInt64
  private let ranks: any Communicator

  /// A sampler whose example n is a function of seed and n. Of several ranks, each draws a part of
  /// them, and rank 0 has all; the others come to none.
  public init(_ glow: Glow, seed: UInt64, over ranks: any Communicator = Alone()) {
    (self.glow, self.seed, self.ranks) = (glow, seed, ranks)
  }

  /// A value that is not finite came out of the model.
  public struct NotFinite: Error, CustomStringConvertible {
    /// The one and only.
    public init() {}
    public var description: String {
      "the model gave values that are not finite; a lower temperature or other weights may not"
    }
  }

  /// The examples 0..<count in the pieces that are drawn at once, of sounds of so many frames.
  public func pieces(_ count: Int, frames: Int? = nil) -> [Range<Int>] {
    (0..<count).pieces(of: ranks.size * pieceSize(frames.map(glow.configuration.padded)))
  }

  private func pieceSize(_ width: Int?) -> Int {
    Evaluation.batch(glow.configuration, width: width)
  }

  /// The class of an example: `label`, or else each in turn; nil if the model has none.
  public func label(of example: Int, _ label: Int? = nil) -> Int? {
    let classes = glow.configuration.classes.count
    return classes == 0 ? nil : label ?? example % classes
  }

  /// Images of these numbers, and how many of their samples lay outside the range and were clamped.
  /// Without a temperature, at the one that suits the model.
  ///
  /// `label` is the class of all of them; without one a class-conditional model takes its classes
  /// in turn. Throws `NotFinite`.
  public func images(_ examples: Range<Int>, temperature: Float? = nil, label: Int? = nil) throws
    -> (images: [Image], clamped: Int)
  {
    let c = glow.configuration
    guard let x = try draw(examples, c.width, temperature, label) else { return ([], 0) }
    return c.format.images(x)
  }

  /// Images 0..<count, piece by piece, and how many samples were clamped.
  public func images(_ count: Int, temperature: Float? = nil, label: Int? = nil) throws
    -> (images: [Image], clamped: Int)
  {
    let parts = try pieces(count).map { try images($0, temperature: temperature, label: label) }
    return (parts.flatMap(\.images), parts.reduce(0) { $0 + $1.clamped })
  }

  /// Sounds of these numbers and of so many frames, and how many samples were clamped, as `images`.
  public func sounds(
    _ examples: Range<Int>, frames: Int, temperature: Float? = nil, label: Int? = nil
  ) throws -> (sounds: [Sound], clamped: Int) {
    let c = glow.configuration
    guard let x = try draw(examples, c.padded(frames), temperature, label) else { return ([], 0) }
    return c.sounds(x, frames: frames)
  }

  /// Sounds 0..<count, piece by piece, and how many samples were clamped.
  public func sounds(_ count: Int, frames: Int, temperature: Float? = nil, label: Int? = nil) throws
    -> (sounds: [Sound], clamped: Int)
  {
    let parts = try pieces(count, frames: frames).map {
      try sounds($0, frames: frames, temperature: temperature, label: label)
    }
    return (parts.flatMap(\.sounds), parts.reduce(0) { $0 + $1.clamped })
  }

  /// Nil on another rank than the first.
  private func draw(_ examples: Range<Int>, _ width: Int, _ temperature: Float?, _ label: Int?)
    throws -> Tensor?
  {
    guard ranks.size > 1 else { return try drawAlone(examples, width, temperature, label) }
    // as many at once as one process draws, so that they have its bits
    let pieces = examples.pieces(of: pieceSize(width))
    let own = try pieces.indices.filter { $0 % ranks.size == ranks.rank }.map {
      try drawAlone(pieces[$0], width, temperature, label)
    }
    guard let all = try ranks.gather(own) else { return nil }
    return .concatenatedExamples(pieces.indices.map { all[$0 % ranks.size][$0 / ranks.size] })
  }

  private func drawAlone(
    _ examples: Range<Int>, _ width: Int, _ temperature: Float?, _ label: Int?
  ) throws -> Tensor {
    let x = glow.sample(
      examples, width: width, temperature: temperature ?? glow.configuration.suitedTemperature,
      labels: glow.configuration.classes.isEmpty
        ? nil : examples.compactMap { self.label(of: $0, label) },
      condition: glow.meanCondition(examples.count, width: width), seed: seed)
    guard x.isFinite else { throw NotFinite() }
    return x
  }
}

extension Range<Int> {
  /// The range in pieces of this size; the last one may be smaller.
  package func pieces(of size: Int) -> [Range<Int>] {
    stride(from: lowerBound, to: upperBound, by: size).map { $0..<Swift.min($0 + size, upperBound) }
  }
}

extension ExampleFormat {
  /// The images that a tensor of shape [N, H, W, C] stands for, and how many samples were clamped.
  public func images(_ x: Tensor) -> (images: [Image], clamped: Int) {
    let (samples, clamped) = x.quantized(on: medium.grid)
    let images = (0..<x.examples).map { n in
      Image(
        width: width, height: height, channels: channels,
        pixels: samples[n * dimensions..<(n + 1) * dimensions].map { UInt8($0) })
    }
    return (images, clamped)
  }
}

extension GlowConfiguration {
  /// The sounds that a tensor of shape [N, 1, T, C] stands for, their first `frames` frames, and
  /// how many samples were clamped.
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
