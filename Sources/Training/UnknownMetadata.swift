import Foundation

/// What a checkpoint's metadata hold that this program has no name for: strings beside the config,
/// and keys of its objects at whatever depth, though not of objects in a list. It is written again
/// when the run is gone on with.
struct UnknownMetadata {
  private var strings: [String: String] = [:]
  private var config: [String: Any] = [:]

  /// Nothing.
  init() {}

  /// Of a file whose config was read as this.
  init(in metadata: [String: String], apartFrom known: CheckpointConfig) {
    strings = metadata.filter { $0.key != "config" }
    config = Self.difference(
      Self.object(metadata["config"] ?? ""), Self.object((try? known.json()) ?? ""))
  }

  /// Where the unknown parts of the config stand: `config.training.x`.
  var keys: [String] {
    func visit(_ value: Any, _ path: String) -> [String] {
      guard let object = value as? [String: Any], !object.isEmpty else { return [path] }
      return object.flatMap { visit($1, "\(path).\($0)") }
    }
    return config.isEmpty ? [] : visit(config, "config").sorted()
  }

  /// The metadata with this config, and all of it beside. Throws if it can't be encoded.
  func metadata(with known: CheckpointConfig) throws -> [String: String] {
    var json = try known.json()
    if !config.isEmpty {
      let all = Self.joined(Self.object(json), config)
      let data = try JSONSerialization.data(withJSONObject: all, options: .sortedKeys)
      json = String(decoding: data, as: UTF8.self)
    }
    return strings.merging(["config": json]) { $1 }
  }

  private static func object(_ json: String) -> [String: Any] {
    (try? JSONSerialization.jsonObject(with: Data(json.utf8))) as? [String: Any] ?? [:]
  }

  private static func difference(_ all: [String: Any], _ known: [String: Any]) -> [String: Any] {
    all.reduce(into: [:]) { rest, entry in
      if let value = known[entry.key] as? [String: Any], let all = entry.value as? [String: Any] {
        let unknown = difference(all, value)
        if !unknown.isEmpty { rest[entry.key] = unknown }
      } else if known[entry.key] == nil {
        rest[entry.key] = entry.value
      }
    }
  }

  private static func joined(_ known: [String: Any], _ more: [String: Any]) -> [String: Any] {
    known.merging(more) { value, other in
      guard let value = value as? [String: Any], let other = other as? [String: Any] else {
        return value
      }
      return joined(value, other)
    }
  }
}
