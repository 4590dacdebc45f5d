import Flows
import Foundation
import Media
import Tensors

/// Images as latents, and back: what `glow encode` writes.
///
/// Samples stand in the middle of their bins, so that the small error of a round trip never reaches
/// the next one.
public struct Latents {
  /// One tensor a level, [N, H, W, C].
  public let levels: [Tensor]
  /// The file that each example came from.
  public let names: [String]

  /// The latents of these images, which must have the model's shape.
  public init(of images: [Image], names: [String], in glow: Glow) {
    self.names = names
    let c = glow.configuration
    var batches: [[Tensor]] = []
    for first in stride(from: 0, to: images.count, by: Evaluation.batch(c)) {
      let part = images[first..<min(first + Evaluation.batch(c), images.count)]
      batches.append(
        glow.encode(c.centered(part.flatMap(\.pixels)), labels: glow.anyLabels(part.count)).latents)
    }
    levels = glow.latentShapes.indices.map { level in
      .concatenatedExamples(batches.map { $0[level] })
    }
  }

  private init(levels: [Tensor], names: [String]) { (self.levels, self.names) = (levels, names) }

  /// The images that the latents stand for. Throws `Sampler.NotFinite` if they stand for none.
  public func images(in glow: Glow) throws -> [Image] {
    let c = glow.configuration
    return try stride(from: 0, to: names.count, by: Evaluation.batch(c)).flatMap { first in
      let range = first..<min(first + Evaluation.batch(c), names.count)
      let x = glow.decode(levels.map { $0.examples(range) })
      guard x.isFinite else { throw Sampler.NotFinite() }
      return c.images(x)
    }
  }

  /// The latents on the straight line from example 0 to example 1, both included.
  public func interpolated(frames: Int) -> Latents {
    precondition(names.count == 2 && frames >= 2)
    let lines = levels.map { level in
      let (a, b) = (level.examples(0..<1).elements, level.examples(1..<2).elements)
      let elements = (0..<frames).flatMap { frame in
        let t = Float(frame) / Float(frames - 1)
        return zip(a, b).map { (1 - t) * $0 + t * $1 }
      }
      return Tensor(elements, shape: [frames] + level.shape.dropFirst())
    }
    return Latents(levels: lines, names: (1...frames).map { "frame \($0)" })
  }

  /// Writes `latents.LEVEL` and the names. Throws a `FileError` if it can't.
  public func write(to path: String) throws {
    let encoded = String(decoding: try JSONEncoder().encode(names), as: UTF8.self)
    let records = levels.enumerated().map {
      TensorRecord("latents.\($0.offset)", shape: $0.element.shape, $0.element.elements)
    }
    try Safetensors.write(to: path, metadata: ["names": encoded], tensors: records)
  }

  /// Reads what `write` wrote for this model. Throws a `FileError` if it is damaged, or its
  /// shapes are another model's.
  public init(reading path: String, for glow: Glow) throws {
    let file = try Safetensors(reading: path)
    guard let json = file.metadata["names"],
      let names = try? JSONDecoder().decode([String].self, from: Data(json.utf8))
    else { throw FileError(path: path, reason: "is not a file of latents", kind: .malformed) }
    self.names = names
    levels = try glow.latentShapes.enumerated().map { level, shape in
      let elements = try file.floats("latents.\(level)", shape: [names.count] + shape)
      guard elements.allSatisfy(\.isFinite) else {
        throw FileError(
          path: path, reason: "latents.\(level) holds a value that is not finite", kind: .malformed)
      }
      return Tensor(elements, shape: [names.count] + shape)
    }
  }
}

extension GlowConfiguration {
  /// x, [N, H, W, C], every sample in the middle of its bin.
  func centered(_ pixels: [UInt8]) -> Tensor {
    let shape = [pixels.count / dimensions, height, width, channels]
    return .dequantized(pixels, noise: Tensor(repeating: 0.5, shape: shape), bits: bits)
  }
}

extension Glow {
  /// Some class for each of `count` examples, where only the latents matter, which no class changes.
  func anyLabels(_ count: Int) -> [Int] { Array(repeating: 0, count: count) }

  /// The largest |x − inverse(forward(x))| over these images, in levels of 8 bits.
  public func roundTripError(_ images: [Image]) -> Float {
    let x = configuration.centered(images.flatMap(\.pixels))
    let back = decode(encode(x, labels: anyLabels(images.count)).latents)
    return Tensor.largestDifference(x, back) * 256
  }
}
