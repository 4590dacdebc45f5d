import Foundation
import Media
import Models
import Tensors
import Training

extension Calibration {
  /// Where the calibration of a checkpoint is, unless it is said: beside it.
  public static func path(of checkpoint: String) -> String {
    let ending = ".safetensors"
    let stem =
      checkpoint.hasSuffix(ending) ? String(checkpoint.dropLast(ending.count)) : checkpoint
    return stem + ".calibration" + ending
  }

  /// Writes the statistics and what they were made with. Throws a `FileError` if it can't.
  public func write(to path: String) throws {
    func json(_ value: some Encodable) throws -> String {
      String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }
    let (rows, columns) = (statistics.rowCount, statistics.names.count)
    try Safetensors.write(
      to: path,
      metadata: [
        "format": Self.format, "source": try json(source), "names": try json(statistics.names),
        "items": try json(statistics.items),
      ],
      tensors: [
        TensorRecord("statistics", shape: [rows, columns], statistics.values),
        TensorRecord("rows", shape: [statistics.counts.count], statistics.counts.map { Int32($0) }),
      ])
  }

  static let format = "swift-glow calibration 1"

  /// Reads what `write` wrote. Throws a `FileError` if it is damaged, or belongs to another model,
  /// other weights or another number of bits.
  public init(reading path: String, for model: any Model) throws {
    let own = Source(model, path: "")
    func malformed(_ reason: String) -> FileError {
      FileError(path: path, reason: reason, kind: .malformed)
    }
    let file = try Safetensors(reading: path, as: "a calibration, which `glow calibrate` writes")
    func value<T: Decodable>(_ key: String, as type: T.Type = T.self) throws -> T {
      guard let text = file.metadata[key],
        let value = try? JSONDecoder().decode(T.self, from: Data(text.utf8))
      else { throw malformed("is a damaged calibration: \(key) can't be read") }
      return value
    }
    guard file.metadata["format"] == Self.format else {
      throw malformed("is not a calibration, which glow calibrate writes")
    }
    let source: Source = try value("source")
    guard source.bits == own.bits else {
      func name(_ bits: Int?) -> String { bits.map { "of \($0) bits" } ?? "of a table" }
      throw malformed(
        "is a calibration of a model \(name(source.bits)), and this one is \(name(own.bits))")
    }
    guard source.model == own.model else {
      throw malformed(
        "is a calibration of another model, or of other weights: glow calibrate makes it anew")
    }
    let names: [String] = try value("names")
    let items: [String] = try value("items")
    let counts: [Int32] = try file.values("rows", shape: [items.count])
    let total = counts.reduce(0) { $0 + Int($1) }
    guard names == Statistics.names(of: model), counts.allSatisfy({ $0 > 0 }),
      source.tile?.count ?? 2 == 2, source.span.map({ $0.count == 2 && $0[0] <= $0[1] }) ?? true
    else { throw malformed("is a damaged calibration: its columns or rows do not fit the model") }
    let values: [Double] = try file.values("statistics", shape: [total, names.count])
    guard values.allSatisfy(\.isFinite) else {
      throw malformed("is a damaged calibration: it holds a value that is not finite")
    }
    try self.init(
      Statistics(names: names, values: values, items: items, counts: counts.map { Int($0) }),
      source)
  }
}

extension Statistics {
  /// What the columns are that a model's files or rows have; none of a model that has none.
  static func names(of model: any Model) -> [String] {
    switch model {
    case let glow as Glow: names(glow.configuration)
    case let flow as FlowDensity: names(flow.configuration)
    default: []
    }
  }
}
