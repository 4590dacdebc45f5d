import Foundation
import Media
import Models
import Tensors

/// Images or sounds as latents, and back: what `glow encode` writes.
///
/// Samples stand in the middle of their bins, so that the small error of a round trip never reaches
/// the next one. All of this is float32, whatever precision the model is in: only that inverts exactly.
public struct Latents {
  /// One tensor a level, [N, H, W, C]; sounds stand side by side in one row, [1, 1, W, C].
  public let levels: [Tensor]
  /// The file that each example came from.
  public let names: [String]
  /// Frames of each sound; nil for images.
  public let frames: [Int]?
  /// The fingerprint of the model that they are of.
  private let model: String

  private init(levels: [Tensor], names: [String], frames: [Int]?, model: String) {
    (self.levels, self.names, self.frames, self.model) = (levels, names, frames, model)
  }

  // MARK: Images

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

  // MARK: Sounds

  /// The latents of these sounds, of any length, which must have the model's rate and channels. What
  /// a sound lacks to a whole number of the model's units is filled with zeros here, and cut again.
  public init(of sounds: [Sound], names: [String], in glow: Glow) {
    let c = glow.configuration
    let parts = glow.computing(in: .float32) {
      sounds.map { glow.latents(of: c.centered($0), labels: glow.anyLabels(1)) }
    }
    let levels = glow.latentShapes().indices.map { level in
      Tensor.concatenatedColumns(parts.map { $0[level] })
    }
    self.init(
      levels: levels, names: names, frames: sounds.map(\.frames), model: glow.fingerprint)
  }

  /// The sounds that the latents stand for. Throws `Sampler.NotFinite` if they stand for none.
  public func sounds(in glow: Glow) throws -> [Sound] {
    let c = glow.configuration
    var start = 0
    return try (frames ?? []).map { frames in
      let columns = start..<start + c.padded(frames)
      start = columns.upperBound
      let x = glow.computing(in: .float32) {
        glow.decode(levels.enumerated().map { $1.columns(columns.divided(by: 2 << $0)) })
      }
      guard x.isFinite else { throw Sampler.NotFinite() }
      return c.sounds(x, frames: frames).sounds[0]
    }
  }

  // MARK: Interpolation

  /// The latents on the straight line from example 0 to example 1, both included; sounds must be of
  /// one length.
  public func interpolated(steps: Int) -> Latents {
    precondition(names.count == 2 && steps >= 2)
    precondition(frames == nil || frames?[0] == frames?[1], "two sounds of one length")
    let lines = levels.map { z in
      // one behind the other for images, side by side for sounds: two halves either way
      let all = z.elements
      let (a, b) = (all[..<(all.count / 2)], all[(all.count / 2)...])
      let elements = (0..<steps).flatMap { step in
        let t = Float(step) / Float(steps - 1)
        return zip(a, b).map { (1 - t) * $0 + t * $1 }
      }
      var shape = z.shape
      shape[frames == nil ? 0 : 2] = shape[frames == nil ? 0 : 2] / 2 * steps
      return Tensor(elements, shape: shape)
    }
    return Latents(
      levels: lines, names: (1...steps).map { "step \($0)" },
      frames: frames.map { Array(repeating: $0[0], count: steps) }, model: model)
  }

  // MARK: Files

  /// Writes `latents.LEVEL` and, in the metadata, names, frames and fingerprint. Throws a `FileError`
  /// if it can't.
  public func write(to path: String) throws {
    func json(_ value: some Encodable) throws -> String {
      String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }
    let records = levels.enumerated().map {
      TensorRecord("latents.\($0.offset)", shape: $0.element.shape, $0.element.elements)
    }
    var metadata = ["names": try json(names), "model": model]
    if let frames { metadata["frames"] = try json(frames) }
    try Safetensors.write(to: path, metadata: metadata, tensors: records)
  }

  /// Reads what `write` wrote for this model. Throws a `FileError` if it is damaged, or of another
  /// model or other weights.
  public init(reading path: String, for glow: Glow) throws {
    let file = try Safetensors(reading: path)
    func malformed(_ reason: String) -> FileError {
      FileError(path: path, reason: reason, kind: .malformed)
    }
    func list<T: Decodable>(_ key: String) -> [T]? {
      file.metadata[key].flatMap { try? JSONDecoder().decode([T].self, from: Data($0.utf8)) }
    }
    let c = glow.configuration
    let frames: [Int]? = list("frames")
    guard let names: [String] = list("names"), !names.isEmpty,
      frames?.count ?? names.count == names.count,
      (frames ?? []).allSatisfy({ (1...1 << 40).contains($0) })
    else { throw malformed("is not a file of latents") }
    guard (frames != nil) == c.medium.isSound else {
      throw malformed("holds latents of \(frames == nil ? "images" : "sounds"), unlike the model")
    }
    let model = glow.fingerprint
    guard file.metadata["model"] ?? model == model else {
      throw malformed("was encoded with another model, or with other weights of this one")
    }
    let width = frames.map { $0.reduce(0) { $0 + c.padded($1) } }
    let levels = try glow.latentShapes(width: width).enumerated().map { level, shape in
      let shape = [frames == nil ? names.count : 1] + shape
      let elements = try file.floats("latents.\(level)", shape: shape)
      guard elements.allSatisfy(\.isFinite) else {
        throw malformed("latents.\(level) holds a value that is not finite")
      }
      return Tensor(elements, shape: shape)
    }
    self.init(levels: levels, names: names, frames: frames, model: model)
  }
}

extension Range<Int> {
  fileprivate func divided(by scale: Int) -> Range<Int> { lowerBound / scale..<upperBound / scale }
}

extension Image {
  fileprivate var samples: [Int16] { pixels.map { Int16($0) } }
}

extension GlowConfiguration {
  /// The next length that the levels divide.
  func padded(_ frames: Int) -> Int { (frames + unit - 1) / unit * unit }

  /// x, [N, H, W, C], every sample in the middle of its bin; W is the model's unless given.
  func centered(_ samples: [Int16], width: Int? = nil) -> Tensor {
    var format = format
    format.width = width ?? format.width
    return format.centered(samples)
  }
}

extension GlowConfiguration {
  /// x, [1, 1, T, C], of a sound, filled with zeros to the next length that the levels divide.
  fileprivate func centered(_ sound: Sound) -> Tensor {
    let frames = padded(sound.frames)
    let padding = Array(repeating: Int16(0), count: (frames - sound.frames) * channels)
    return centered(sound.samples + padding, width: frames)
  }
}

extension Glow {
  /// Sixteen digits that another model, or other weights, have otherwise (FNV-1a of all parameters).
  fileprivate var fingerprint: String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    visitParameters { _, parameter in
      for element in parameter.value.elements {
        hash = (hash ^ UInt64(element.bitPattern)) &* 0x100_0000_01b3
      }
    }
    return String(format: "%016llx", hash)
  }

  /// Some class for each of `count` examples, where only the latents matter, which no class changes.
  func anyLabels(_ count: Int) -> [Int] { Array(repeating: 0, count: count) }

  /// The largest |x − inverse(forward(x))| over these images, in levels of 8 bits.
  public func roundTripError(_ images: [Image]) -> Float {
    roundTripError(configuration.centered(images.flatMap(\.samples))) * 256
  }

  /// The largest |x − inverse(forward(x))| over these sounds, in steps of 16 bits.
  public func roundTripError(_ sounds: [Sound]) -> Float {
    sounds.map { roundTripError(configuration.centered($0)) * 32768 }
      .reduce(0) { $0.isNaN || $1 <= $0 ? $0 : $1 }  // NaN if any is
  }

  /// The largest |x − inverse(forward(x))| over up to 16 of these examples, in bins.
  func roundTripError(_ scored: Evaluation.Scored) -> Float {
    let c = configuration
    let size = min(16, scored.bitsPerDimension.count) * c.height * scored.width * c.channels
    let x = c.centered(Array(scored.samples.prefix(size)), width: scored.width)
    return roundTripError(x) * Float(1 << c.grid.binBits)
  }

  private func roundTripError(_ x: Tensor) -> Float {
    computing(in: .float32) {
      Tensor.largestDifference(x, decode(latents(of: x, labels: anyLabels(x.examples))))
    }
  }
}
