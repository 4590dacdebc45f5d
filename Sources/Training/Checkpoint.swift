import Foundation
import Media
import Models
import Tensors

/// A model on disk: one safetensors file whose metadata say all that rebuilds it.
///
/// Weights stand under the model's names, averaged weights under `ema.`, and in a file that a run can
/// be resumed from, the moments under `optimizer.` and the rest under `state.`.
public struct Checkpoint {
  /// Which weights of a checkpoint to use.
  public enum Weights: String, CaseIterable, Sendable { case ema, raw }

  /// All that rebuilds the model and its preprocessing, and says how it was trained.
  public struct Config: Codable, Equatable, Sendable {
    var format = "swift-glow"
    var version = Checkpoint.version
    var kind: String
    public var model: GlowConfiguration
    public var training: TrainingOptions
    /// The folder that it was trained on, and what was held out of it.
    public var data: DataDescription
    /// When the run was to end; nil in older files.
    public var end: TrainingRun.End?
  }

  /// Where a model's data came from.
  public struct DataDescription: Codable, Equatable, Sendable {
    /// The folder, from the root on; one of the two. In older files as the user named it.
    public var images, audio: String?
    /// Files to train on.
    public var count: Int
    public var validation: String?
    /// The fingerprints of the folder's files and of the validation folder's; nil in older files.
    public var fingerprint, validationFingerprint: String?
    /// The part held out to validate on; nil for the default.
    public var validationFraction: Double?
    /// The size and channels that images had before they were brought to the model's; of sounds,
    /// the channels.
    public var width, height: Int?
    public var channels: Int
    /// Whether sounds are brought to the model's rate, and suspicious ones left out.
    public var resample, skipSuspicious: Bool?

    /// Images of this size.
    public init(images: String, width: Int, height: Int, channels: Int) {
      (self.images, count) = (images, 0)
      (self.width, self.height, self.channels) = (width, height, channels)
    }

    /// Sounds with so many channels.
    public init(audio: String, channels: Int, resample: Bool, skipSuspicious: Bool) {
      (self.audio, self.channels, count) = (audio, channels, 0)
      (self.resample, self.skipSuspicious) = (resample, skipSuspicious)
    }

    /// The folder.
    public var folder: String { images ?? audio ?? "" }
  }

  /// The format that this program writes; it reads this one and older ones.
  static let version = 1

  /// The file.
  public let path: String
  public let config: Config
  /// Where the run stood.
  public let state: Trainer.State
  private let file: Safetensors

  /// Opens a checkpoint, or a run's directory: then its best, or its last where there is no best.
  ///
  /// Throws a `FileError` if it is missing, damaged, not a checkpoint of this program, or of a newer
  /// version. Nothing is allocated for the model before its shapes are known to be in the file.
  public init(reading path: String, preferring preferred: String = "best") throws {
    let path = Self.resolve(path, preferring: preferred)
    self.path = path
    file = try Safetensors(reading: path)
    config = try Self.config(file)
    state = try Trainer.State(reading: file)
    try Self.check(Glow(config.model), file)
  }

  /// The model with these weights, in float32 whatever it was trained in; raw where there are no averages. Throws a `FileError` if a tensor
  /// is missing, of another shape or holds a value that is not finite.
  public func model(_ weights: Weights = .ema) throws -> Glow {
    let glow = Glow(config.model)
    try fill(glow, weights)
    return glow
  }

  /// What the file holds that this program has no use for: tensors, and keys of the config.
  public func unknown(_ glow: Glow) -> [String] {
    var known = Set<String>()
    glow.visitParameters { name, _ in
      known.formUnion([name, "ema." + name, "optimizer.first." + name, "optimizer.second." + name])
    }
    known.formUnion(Trainer.State().numbers.map { "state." + $0.name })
    return file.entries.keys.filter { !known.contains($0) }.sorted() + unknownKeys
  }

  /// The keys of the config that it would not have if it were written again.
  private var unknownKeys: [String] {
    func keys(_ json: Data, _ path: String = "config") -> Set<String> {
      func visit(_ value: Any, _ path: String) -> Set<String> {
        guard let object = value as? [String: Any] else { return [path] }
        return object.reduce(into: []) { $0.formUnion(visit($1.value, "\(path).\($1.key)")) }
      }
      return (try? JSONSerialization.jsonObject(with: json)).map { visit($0, path) } ?? []
    }
    let stored = keys(Data((file.metadata["config"] ?? "").utf8))
    return stored.subtracting(keys((try? JSONEncoder().encode(config)) ?? Data())).sorted()
  }

  /// True if the file holds averaged weights.
  public var hasEMA: Bool { file.entries.keys.contains { $0.hasPrefix("ema.") } }

  private func fill(_ glow: Glow, _ weights: Weights) throws {
    let averaged = weights == .ema && hasEMA
    var failure: Error?
    glow.visitParameters { name, parameter in
      guard failure == nil else { return }
      do {
        let stored = averaged && parameter.isTrained ? "ema." + name : name
        try fill(parameter, from: stored)
      } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Sets a trainer to where the saved run stood. Throws a `FileError` as `model` does.
  public func restore(_ trainer: Trainer) throws {
    try fill(trainer.glow, .raw)
    for slot in trainer.optimizer.slots {
      try fill(slot.average, from: "ema." + slot.name)
      try fill(slot.first, from: "optimizer.first." + slot.name)
      try fill(slot.second, from: "optimizer.second." + slot.name)
    }
    trainer.restart(at: state)
  }

  /// Writes a run's weights and averages and, where it is to be resumed, all else that it needs.
  ///
  /// Throws a `FileError` (unwritable); what stood at `path` is then as it was.
  public static func write(
    _ trainer: Trainer, data: DataDescription, end: TrainingRun.End? = nil, to path: String,
    resumable: Bool
  ) throws {
    var records: [TensorRecord] = []
    trainer.glow.visitParameters { name, parameter in records.append(record(name, parameter)) }
    for slot in trainer.optimizer.slots { records.append(record("ema." + slot.name, slot.average)) }
    if resumable {
      for slot in trainer.optimizer.slots {
        records.append(record("optimizer.first." + slot.name, slot.first))
        records.append(record("optimizer.second." + slot.name, slot.second))
      }
    }
    records += trainer.state.numbers.map { TensorRecord("state." + $0, shape: [1], [$1]) }
    let model = trainer.glow.configuration
    let config = Config(
      kind: model.audio == nil ? "images" : "audio", model: model, training: trainer.options,
      data: data, end: end)
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    let json = String(decoding: try encoder.encode(config), as: UTF8.self)
    try Safetensors.write(to: path, metadata: ["config": json], tensors: records)
  }

  private static func record(_ name: String, _ parameter: Parameter) -> TensorRecord {
    switch parameter.constraint {
    case .permutation:
      TensorRecord(name, shape: parameter.shape, parameter.value.elements.map { Int32($0) })
    case .free, .sign:
      TensorRecord(name, dtype: .f32, shape: parameter.shape) { body in
        try parameter.value.elements.withUnsafeBytes { try body($0) }
      }
    }
  }

  // MARK: Reading what nobody vouches for

  /// Sets a parameter to a tensor of the file.
  private func fill(_ parameter: Parameter, from name: String) throws {
    switch parameter.constraint {
    case .permutation:
      let order: [Int32] = try file.values(name, shape: parameter.shape)
      guard order.map(Int.init).sorted() == Array(0..<order.count) else {
        throw malformed("tensor \(name) is not a permutation")
      }
      parameter.set(order.map(Float.init))
    case .sign:
      let signs = try finite(name, parameter.shape)
      guard signs.allSatisfy({ abs($0) == 1 }) else {
        throw malformed("tensor \(name) holds a value that is not a sign")
      }
      parameter.set(signs)
    case .free:
      parameter.set(try finite(name, parameter.shape))
    }
  }

  private func finite(_ name: String, _ shape: [Int]) throws -> [Float] {
    let elements = try file.floats(name, shape: shape)
    guard elements.allSatisfy(\.isFinite) else {
      throw malformed("tensor \(name) holds a value that is not finite")
    }
    return elements
  }

  private static func resolve(_ path: String, preferring preferred: String) -> String {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory),
      isDirectory.boolValue
    else { return path }
    let candidates = [preferred, "best", "last"].map { "\(path)/\($0).safetensors" }
    return candidates.first { FileManager.default.fileExists(atPath: $0) } ?? candidates[0]
  }

  private static func config(_ file: Safetensors) throws -> Config {
    struct Heading: Decodable {
      var format: String
      var version: Int
      var kind: String
    }
    func malformed(_ reason: String) -> FileError {
      FileError(path: file.path, reason: reason, kind: .malformed)
    }
    guard let json = file.metadata["config"] else {
      throw malformed("is not a checkpoint of this program: its metadata have no config")
    }
    let decoder = JSONDecoder()
    guard let heading = try? decoder.decode(Heading.self, from: Data(json.utf8)),
      heading.format == "swift-glow"
    else { throw malformed("is not a checkpoint of this program") }
    guard heading.version <= version else {
      throw malformed("is of version \(heading.version); this program reads up to \(version)")
    }
    guard ["images", "audio"].contains(heading.kind) else {
      throw malformed("is a model of \(heading.kind)")
    }
    do {
      let config = try decoder.decode(Config.self, from: Data(json.utf8))
      guard (config.kind == "audio") == (config.model.audio != nil) else {
        throw malformed("its config says \(config.kind) and describes another kind")
      }
      let fraction = config.data.validationFraction ?? 0
      if let validationError = config.model.validationError ?? config.training.validationError
        ?? config.end?.validationError
        ?? ((0..<1).contains(fraction) ? nil : "the part held out is \(fraction)")
        ?? (config.data.count >= 0 ? nil : "the number of files is \(config.data.count)")
      {
        throw malformed("its config makes no sense: \(validationError)")
      }
      return config
    } catch is DecodingError {
      throw malformed("its config is incomplete")
    }
  }

  /// Makes sure that every tensor of a model whose parameters have no memory yet is in the file, so
  /// that what it will take is bounded by a small multiple of the file.
  private static func check(_ glow: Glow, _ file: Safetensors) throws {
    var failure: FileError?
    glow.visitParameters { name, parameter in
      guard failure == nil else { return }
      let shape = file.entries[name]?.shape
      if shape == parameter.shape { return }
      failure = FileError(
        path: file.path,
        reason: "tensor \(name) "
          + (shape.map { "has shape \($0), not \(parameter.shape)" } ?? "is not there"),
        kind: .malformed)
    }
    if let failure { throw failure }
  }

  private func malformed(_ reason: String) -> FileError {
    FileError(path: path, reason: reason, kind: .malformed)
  }
}
