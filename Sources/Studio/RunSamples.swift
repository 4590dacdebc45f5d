import Foundation
import Media

/// What a run drew on its way: files ITERATION.png, ITERATION-N.wav and ITERATION.csv in its
/// `samples/`.
struct RunSamples: Encodable, Sendable {
  struct Iteration: Encodable, Sendable {
    let iteration: Int
    /// Names of files, which are what the page asks for them by.
    let files: [String]
  }

  let iterations: [Iteration]

  /// The most bytes of a file that is shown.
  private static let mostBytes = 32 << 20

  init(_ place: RunPlace) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: Self.folder(place))) ?? []
    let numbered = names.compactMap { name in Self.iteration(name).map { ($0, name) } }
    iterations = Dictionary(grouping: numbered, by: \.0).sorted { $0.key < $1.key }.map {
      Iteration(iteration: $0.key, files: $0.value.map(\.1).sorted())
    }
  }

  /// A file that is listed, and its type. Throws `Refusal.notFound` if it is not listed, a
  /// `FileError` if it can't be read.
  static func file(_ name: String, of place: RunPlace) throws -> (bytes: [UInt8], type: String) {
    guard RunSamples(place).iterations.contains(where: { $0.files.contains(name) }) else {
      throw Refusal.notFound
    }
    guard let bytes = try place.contents(of: folder(place) + "/" + name, limit: mostBytes) else {
      throw Refusal.notFound
    }
    let type = types[String(name.split(separator: ".").last ?? "")]
    return (bytes, type ?? "application/octet-stream")
  }

  private static func folder(_ place: RunPlace) -> String { place.path + "/samples" }

  private static let types = [
    "png": "image/png", "wav": "audio/wav", "csv": "text/csv; charset=utf-8",
  ]

  private static func iteration(_ name: String) -> Int? {
    let parts = name.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 2, types[String(parts[1])] != nil else { return nil }
    let numbers = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
    guard (1...2).contains(numbers.count), !numbers.contains(nil) else { return nil }
    return numbers[0]
  }
}
