import Flows
import Foundation
import Media
import Tensors

/// How well a model knows each image of a set.
public struct Evaluation: Sendable {
  /// Bits/dim of each image, in the set's order.
  public let bitsPerDimension: [Double]
  /// Noise draws of each image, combined by log-mean-exp.
  public let draws: Int

  /// The mean over images.
  public var mean: Double {
    bitsPerDimension.reduce(0, +) / Double(max(1, bitsPerDimension.count))
  }

  /// The standard error of the mean over images.
  public var standardError: Double {
    guard bitsPerDimension.count > 1 else { return 0 }
    let squares = bitsPerDimension.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let n = Double(bitsPerDimension.count)
    return (squares / (n - 1) / n).squareRoot()
  }

  /// What was scored: samples and the noise of a draw, both N,H,W,C.
  public struct Scored {
    public let pixels: [UInt8]
    public let noise: Tensor
    public let labels: [Int]?
  }

  /// Scores every image. The noise of image i in draw k depends on seed, i and k alone, so results
  /// do not depend on how images are batched. `observe` sees each batch of the first draw.
  ///
  /// Throws a `FileError` if an image can't be read, or its class is not one of the model's.
  public init(
    of glow: Glow, on images: ImageSet, draws: Int = 1, seed: UInt64 = 0,
    observe: (Scored) throws -> Void = { _ in }
  ) throws {
    precondition(draws > 0)
    let c = glow.configuration
    let labels = try Self.labels(of: images, for: c)
    var all: [Double] = []
    for first in stride(from: 0, to: images.count, by: Self.batch(c)) {
      let range = first..<min(first + Self.batch(c), images.count)
      let chosen = labels.map { Array($0[range]) }
      var pixels = [UInt8](repeating: 0, count: range.count * c.dimensions)
      try pixels.withUnsafeMutableBufferPointer { buffer in
        for (n, i) in range.enumerated() {
          let part = buffer[n * c.dimensions..<(n + 1) * c.dimensions]
          try images.pixels(at: i, into: UnsafeMutableBufferPointer(rebasing: part))
        }
      }
      var terms = [[Double]](repeating: [], count: range.count)
      for draw in 0..<draws {
        let noise = RandomStream(seed: seed, .validationNoise, draw).uniform(
          [range.count, c.height, c.width, c.channels], from: first * c.dimensions)
        let x = Tensor.dequantized(pixels, noise: noise, bits: c.bits)
        for (n, value) in glow.encode(x, labels: chosen).logLikelihood.enumerated() {
          terms[n].append(value)
        }
        if draw == 0 { try observe(Scored(pixels: pixels, noise: noise, labels: chosen)) }
      }
      all += terms.map { c.bitsPerDimension(Self.logMeanExp($0)) }
    }
    bitsPerDimension = all
    self.draws = draws
  }

  /// As many examples at once as keep the hidden activations within a few tens of megabytes.
  static func batch(_ c: GlowConfiguration) -> Int {
    max(1, min(64, (16 << 20) / max(1, c.height * c.width / 4 * c.hidden)))
  }

  /// log(1/K Σ exp(value)), without overflow.
  static func logMeanExp(_ values: [Double]) -> Double {
    guard let largest = values.max(), largest.isFinite else { return values.first ?? 0 }
    return largest + log(values.reduce(0) { $0 + exp($1 - largest) } / Double(values.count))
  }

  /// The model's class numbers of a set's images, by name.
  static func labels(of images: ImageSet, for c: GlowConfiguration) throws -> [Int]? {
    guard !c.classes.isEmpty else { return nil }
    guard let labels = images.labels else {
      throw FileError(
        path: images.paths.first ?? "",
        reason: "lies in no class folder, and the model has classes",
        kind: .malformed)
    }
    let numbers = images.classes.map { c.classes.firstIndex(of: $0) }
    return try labels.enumerated().map { i, label in
      guard let number = numbers[label] else {
        throw FileError(
          path: images.paths[i], reason: "is of class \(images.classes[label]), not in the model",
          kind: .malformed)
      }
      return number
    }
  }
}
