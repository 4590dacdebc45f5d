import Foundation
import Media
import Models
import Tensors

/// A model on disk: one safetensors file whose metadata say all that rebuilds it.
///
/// Weights stand under the model's names, averaged weights under `ema.`, and in a file that a run
/// can be resumed from, the moments under `optimizer.` and the rest under `state.`.
public struct Checkpoint {
  /// Which weights of a checkpoint to use.
  public enum Weights: String, CaseIterable, Sendable {
    /// Their moving average over training.
    case ema
    /// Those of the last step.
    case raw
  }

  /// The format that this program writes; it reads this one and older ones.
  static let version = 1

  /// The file.
  public let path: String
  /// All that rebuilds the model and its preprocessing, and says how it was trained.
  public let config: CheckpointConfig
  /// Where the run stood.
  public let state: Trainer.State
  private let file: Safetensors

  /// Opens a checkpoint, or a run's directory: then its best, or its last where there is no best.
  ///
  /// Throws a `FileError` if it is missing, damaged, not a checkpoint of this program, or of a
  /// newer version. Nothing is allocated for the model before its shapes are known to be in the
  /// file.
  public init(reading path: String, preferring preferred: String = "best") throws {
    try self.init(in: InputFile(path: Self.resolve(path, preferring: preferred)))
  }

  /// As the other, of a file that is open.
  init(in file: InputFile) throws {
    path = file.path
    self.file = try Safetensors(
      in: file, as: "a checkpoint, which is a .safetensors file or a run's directory")
    let file = self.file
    config = try CheckpointConfig(reading: file)
    state = try Trainer.State(reading: file)
    try Self.check(config.makeModel(), file)
  }

  /// The model with these weights, in float32 whatever it was trained in; raw where there are no
  /// averages. Throws a `FileError` if a tensor is missing, of another shape or holds a value that
  /// is not finite.
  public func model(_ weights: Weights = .ema) throws -> any Model {
    let model = config.makeModel()
    try fill(model, weights)
    return model
  }

  /// As `model`, of this type; throws a `FileError` as well if the file holds another.
  public func model<M: Model>(of type: M.Type, _ weights: Weights = .ema) throws -> M {
    try expect(model(weights))
  }

  /// The model that this file holds as one of this type; throws a `FileError` if it is of another.
  public func expect<M: Model>(_ model: any Model, as type: M.Type = M.self) throws -> M {
    guard let model = model as? M else { throw isNot(type) }
    return model
  }

  /// What the model is; throws a `FileError` if it is not of this type.
  public func configuration<M: Model>(of type: M.Type) throws -> M.Configuration {
    guard let configuration = config.model as? M.Configuration else { throw isNot(type) }
    return configuration
  }

  private func isNot<M: Model>(_ type: M.Type) -> FileError {
    malformed(
      "is a model of kind \(config.kind); one of kind \(M.kinds.joined(separator: " or ")) is needed"
    )
  }

  /// What the file holds that this program has no use for: tensors, and keys of the config.
  public var unknown: [String] { unknownTensors + unknownMetadata.keys }

  /// The tensors that this program has no use for. A run that goes on from the file leaves them
  /// behind: they would not belong to the weights that it learns from there.
  public var unknownTensors: [String] {
    var known = Set(Trainer.State().numbers.map { "state." + $0.name })
    config.makeModel().visitParameters { name, _ in
      known.formUnion([name, "ema." + name, "optimizer.first." + name, "optimizer.second." + name])
    }
    return file.entries.keys.filter { !known.contains($0) }.sorted()
  }

  private var unknownMetadata: UnknownMetadata {
    UnknownMetadata(in: file.metadata, apartFrom: config)
  }

  /// True if the file holds averaged weights.
  public var hasEMA: Bool { file.entries.keys.contains { $0.hasPrefix("ema.") } }

  /// True if the file holds all that a run goes on from.
  public var isResumable: Bool {
    var isComplete = true
    config.makeModel().visitParameters { name, parameter in
      let hasMoments = file.entries["optimizer.first." + name] != nil
      isComplete = isComplete && (hasMoments || !parameter.isTrained)
    }
    return isComplete
  }

  private func fill(_ model: any Model, _ weights: Weights) throws {
    let averaged = weights == .ema && hasEMA
    var failure: Error?
    model.visitParameters { name, parameter in
      guard failure == nil else { return }
      do {
        let stored = averaged && parameter.isTrained ? "ema." + name : name
        try fill(parameter, from: stored)
      } catch { failure = error }
    }
    if let failure { throw failure }
  }

  /// Writes the very bytes of the file elsewhere. Throws a `FileError` if it can't be read or
  /// written.
  func copy(to path: String) throws { try file.copy(to: path) }

  /// Sets a trainer to where the saved run stood. Throws a `FileError` as `model` does.
  public func restore(_ trainer: Trainer) throws {
    try fill(trainer.task.model, .raw)
    for slot in trainer.optimizer.slots {
      try fill(slot.ema, from: "ema." + slot.name)
      try fill(slot.first, from: "optimizer.first." + slot.name)
      if let second = slot.second { try fill(second, from: "optimizer.second." + slot.name) }
    }
    trainer.restart(at: state)
    trainer.unknown = unknownMetadata
  }

  /// Writes a run's weights and averages and, where it is to be resumed, all else that it needs.
  ///
  /// Throws a `FileError` (unwritable); what stood at `path` is then as it was.
  public static func write(
    _ trainer: Trainer, data: DataDescription, end: TrainingRun.End? = nil, to path: String,
    resumable: Bool
  ) throws {
    try Contents(
      trainer, data: data, end: end, tensorBoard: false, resumable: resumable, isCopied: false
    ).write(to: path)
  }

  /// What stands in a checkpoint's file.
  struct Contents {
    private let metadata: [String: String]
    private let records: [TensorRecord]

    /// Of a run as it is now; unless they are copied, only until the next step.
    init(
      _ trainer: Trainer, data: DataDescription, end: TrainingRun.End?, tensorBoard: Bool,
      resumable: Bool, isCopied: Bool
    ) throws {
      (metadata, records) = try Checkpoint.contents(
        trainer, data: data, end: end, tensorBoard: tensorBoard, resumable: resumable,
        isCopied: isCopied)
    }

    /// Throws a `FileError` (unwritable); what stood at `path` is then as it was.
    func write(to path: String) throws {
      try Safetensors.write(to: path, metadata: metadata, tensors: records)
    }
  }

  private static func contents(
    _ trainer: Trainer, data: DataDescription, end: TrainingRun.End?, tensorBoard: Bool,
    resumable: Bool, isCopied: Bool
  ) throws -> (metadata: [String: String], records: [TensorRecord]) {
    var records: [TensorRecord] = []
    func add(_ name: String, _ parameter: Parameter) {
      records.append(record(name, parameter, isCopied: isCopied))
    }
    trainer.task.model.visitParameters { add($0, $1) }
    for slot in trainer.optimizer.slots { add("ema." + slot.name, slot.ema) }
    if resumable {
      for slot in trainer.optimizer.slots {
        add("optimizer.first." + slot.name, slot.first)
        if let second = slot.second { add("optimizer.second." + slot.name, second) }
      }
    }
    records += trainer.state.numbers.map { TensorRecord("state." + $0, shape: [1], [$1]) }
    let config = CheckpointConfig(
      trainer.task.model, trainer.options, data, end, isWatched: tensorBoard)
    return (try trainer.unknown.metadata(with: config), records)
  }

  private static func record(_ name: String, _ parameter: Parameter, isCopied: Bool) -> TensorRecord
  {
    switch parameter.constraint {
    case .permutation:
      return TensorRecord(
        name, shape: parameter.shape, parameter.value.elements.map { Int32($0) })
    case .free, .sign:
      let copy = isCopied ? parameter.value.elements : nil
      return TensorRecord(name, dtype: .f32, shape: parameter.shape) { body in
        try (copy ?? parameter.value.elements).withUnsafeBytes { try body($0) }
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

  static func resolve(_ path: String, preferring preferred: String) -> String {
    var isDirectory: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory),
      isDirectory.boolValue
    else { return path }
    let candidates = [preferred, "best", "last"].map { "\(path)/\($0).safetensors" }
    return candidates.first { FileManager.default.fileExists(atPath: $0) } ?? candidates[0]
  }

  /// Makes sure that every tensor of a model whose parameters have no memory yet is in the file, so
  /// that what it will take is bounded by a small multiple of the file.
  private static func check(_ model: any Model, _ file: Safetensors) throws {
    var failure: FileError?
    model.visitParameters { name, parameter in
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
