import Foundation
import Media

/// What a run was given: the options in its config.yaml, or what its checkpoint says.
struct RunDetails: Encodable, Sendable {
  struct Option: Encodable, Sendable {
    let name: String
    let value: String
  }

  let summary: RunSummary
  let options: [Option]

  private static let mostBytes = 1 << 20

  init(_ run: WatchedRun) {
    summary = run.summary
    let text = run.place.options.flatMap { file in
      run.place.holds(file) ? try? WholeFile.read(file, limit: Self.mostBytes) : nil
    }.map { String(decoding: $0, as: UTF8.self) }
    // a run writes its own, a line an option
    options =
      text.map { Self.lines($0) } ?? run.config.map {
        Self.options($0.training, "training")
          + Self.options($0.model, "model")
      } ?? []
  }

  private static func lines(_ text: String) -> [Option] {
    text.split(separator: "\n").compactMap { line in
      guard !line.hasPrefix("#"), let colon = line.firstRange(of: ": ") else { return nil }
      return Option(
        name: String(line[..<colon.lowerBound]), value: String(line[colon.upperBound...]))
    }
  }

  private static func options(_ value: some Encodable, _ prefix: String) -> [Option] {
    guard let json = try? JSONEncoder().encode(value),
      let object = try? JSONSerialization.jsonObject(with: json) as? [String: Any]
    else { return [] }
    return object.sorted { $0.key < $1.key }.map {
      Option(name: "\(prefix).\($0.key)", value: "\($0.value)")
    }
  }
}
