import Foundation
import Media
import Models

/// All that rebuilds a model and its preprocessing, and says how it was trained: the `config` of a
/// checkpoint. The model's kind says how `model` is read.
public struct CheckpointConfig: Codable, Sendable {
  private let format: String
  private let version: Int
  /// One of `ModelKinds`.
  public let kind: String
  /// What rebuilds the model.
  public let model: any ModelConfiguration
  /// What decided the run's course.
  public let training: TrainingOptions
  /// The folder that it was trained on, and what was held out of it.
  public let data: DataDescription
  /// When the run was to end; nil in older files.
  public let end: TrainingRun.End?
  /// Whether the run is written for TensorBoard too; nil is no.
  public let tensorBoard: Bool?

  private static let format = "swift-glow"
  /// The format that this program writes; it reads this one and older ones.
  private static let version = 1

  init(
    _ model: any Model, _ training: TrainingOptions, _ data: DataDescription,
    _ end: TrainingRun.End?, isWatched: Bool
  ) {
    (format, version, kind) = (Self.format, Self.version, model.kind)
    (self.model, self.training, self.data, self.end) = (model.configuration, training, data, end)
    tensorBoard = isWatched ? true : nil
  }

  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    format = try values.decode(String.self, forKey: .format)
    version = try values.decode(Int.self, forKey: .version)
    kind = try values.decode(String.self, forKey: .kind)
    guard let type = ModelKinds.type(of: kind) else {
      throw DecodingError.dataCorruptedError(
        forKey: .kind, in: values, debugDescription: "no such kind of model")
    }
    model = try Self.configuration(of: type, values)
    training = try values.decode(TrainingOptions.self, forKey: .training)
    data = try values.decode(DataDescription.self, forKey: .data)
    end = try values.decodeIfPresent(TrainingRun.End.self, forKey: .end)
    tensorBoard = try values.decodeIfPresent(Bool.self, forKey: .tensorBoard)
  }

  private static func configuration<M: Model>(
    of type: M.Type, _ values: KeyedDecodingContainer<CodingKeys>
  ) throws -> any ModelConfiguration {
    try values.decode(M.Configuration.self, forKey: .model)
  }

  private enum CodingKeys: String, CodingKey {
    case format, version, kind, model, training, data, end, tensorBoard
  }

  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(format, forKey: .format)
    try values.encode(version, forKey: .version)
    try values.encode(kind, forKey: .kind)
    try values.encode(model, forKey: .model)
    try values.encode(training, forKey: .training)
    try values.encode(data, forKey: .data)
    try values.encodeIfPresent(end, forKey: .end)
    try values.encodeIfPresent(tensorBoard, forKey: .tensorBoard)
  }

  /// As it stands in a checkpoint.
  func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// A fresh model as this says.
  func makeModel() -> any Model {
    func make<M: Model>(_ type: M.Type) -> any Model {
      guard let model = model as? M.Configuration else {
        preconditionFailure("a model of \(kind) is described by another configuration")
      }
      return M(model, seed: 0)
    }
    guard let type = ModelKinds.type(of: kind) else {
      preconditionFailure("\(kind) is no kind of model")
    }
    return make(type)
  }

  // MARK: Reading what nobody vouches for

  /// The config of a file. Throws a `FileError` if it has none that makes sense.
  init(reading file: Safetensors) throws {
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
      heading.format == Self.format
    else { throw malformed("is not a checkpoint of this program") }
    guard heading.version <= Self.version else {
      throw malformed("is of version \(heading.version); this program reads up to \(Self.version)")
    }
    guard ModelKinds.type(of: heading.kind) != nil else {
      throw malformed("is a model of \(heading.kind)")
    }
    do {
      self = try decoder.decode(Self.self, from: Data(json.utf8))
    } catch is DecodingError {
      throw malformed("its config is incomplete")
    }
    if let error = model.validationError ?? training.validationError ?? data.validationError
      ?? end?.validationError
    {
      throw malformed("its config makes no sense: \(error)")
    }
    guard makeModel().kind == kind else {
      throw malformed("its config says \(kind) and describes another kind")
    }
  }
}
