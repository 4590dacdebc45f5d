import Foundation
import Media
import Models
import Tensors

extension Latents {
  /// Writes `latents.LEVEL`, `condition` of a model that is told something, and, in the metadata, names, frames and fingerprint. Throws a
  /// `FileError` if it can't.
  public func write(to path: String) throws {
    func json(_ value: some Encodable) throws -> String {
      String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }
    var records = levels.enumerated().map {
      TensorRecord("latents.\($0.offset)", shape: $0.element.shape, $0.element.elements)
    }
    if let condition {
      records.append(TensorRecord("condition", shape: condition.shape, condition.elements))
    }
    var metadata = ["names": try json(names), "layout": "tree", "model": model]
    if let frames { metadata["frames"] = try json(frames) }
    try Safetensors.write(to: path, metadata: metadata, tensors: records)
  }

  /// Reads what `write` wrote for this model. Throws a `FileError` if it is damaged, or of another
  /// model or other weights.
  public init(reading path: String, for glow: Glow) throws {
    let c = glow.configuration
    try self.init(
      reading: path, of: glow, areSounds: c.medium.isSound,
      shapes: { frames in
        glow.latentShapes(width: frames.map { $0.reduce(0) { $0 + c.padded($1) } })
      },
      condition: { frames in
        c.condition.map { told in
          [1, 1, (frames ?? []).reduce(0) { $0 + told.count(of: $1) }, told.channels]
        }
      })
  }

  /// As `init(reading:for:)`, of images.
  public init(reading path: String, for vae: VAE) throws {
    try self.init(
      reading: path, of: vae, areSounds: false, shapes: { _ in [[vae.configuration.latent]] })
  }

  private init(
    reading path: String, of model: any Model, areSounds: Bool, shapes: ([Int]?) -> [[Int]],
    condition: ([Int]?) -> [Int]? = { _ in nil }
  ) throws {
    let file = try Safetensors(reading: path)
    func malformed(_ reason: String) -> FileError {
      FileError(path: path, reason: reason, kind: .malformed)
    }
    func list<T: Decodable>(_ key: String) -> [T]? {
      file.metadata[key].flatMap { try? JSONDecoder().decode([T].self, from: Data($0.utf8)) }
    }
    let frames: [Int]? = list("frames")
    guard let names: [String] = list("names"), !names.isEmpty,
      frames?.count ?? names.count == names.count,
      (frames ?? []).allSatisfy({ (1...1 << 40).contains($0) })
    else { throw malformed("is not a file of latents") }
    guard (frames != nil) == areSounds else {
      throw malformed("holds latents of \(frames == nil ? "images" : "sounds"), unlike the model")
    }
    let fingerprint = model.fingerprint
    guard file.metadata["model"] ?? fingerprint == fingerprint else {
      throw malformed("was encoded with another model, or with other weights of this one")
    }
    // each is at most 2^40, so that many of them could be too much
    let total = (frames ?? []).reduce(0) { min($0 + $1, 1 << 42) }
    guard total <= 1 << 41 else { throw malformed("holds more than 2^41 frames") }
    func finite(_ name: String, _ shape: [Int]) throws -> Tensor {
      let elements = try file.floats(name, shape: shape)
      guard elements.allSatisfy(\.isFinite) else {
        throw malformed("\(name) holds a value that is not finite")
      }
      return Tensor(elements, shape: shape)
    }
    let levels = try shapes(frames).enumerated().map { level, shape in
      try finite("latents.\(level)", [frames == nil ? names.count : 1] + shape)
    }
    let told = try condition(frames).map { try finite("condition", $0) }
    // in older files names are paths as the user typed them
    let isTree = file.metadata["layout"] == "tree"
    let own = isTree ? names : names.map { $0.split(separator: "/").last.map(String.init) ?? "" }
    self.init(levels: levels, names: own, frames: frames, condition: told, model: fingerprint)
  }
}

extension Model {
  /// Sixteen digits that another model, or other weights, have otherwise (FNV-1a of all
  /// parameters).
  package var fingerprint: String {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    visitParameters { _, parameter in
      for element in parameter.value.elements {
        hash = (hash ^ UInt64(element.bitPattern)) &* 0x100_0000_01b3
      }
    }
    return String(format: "%016llx", hash)
  }
}
