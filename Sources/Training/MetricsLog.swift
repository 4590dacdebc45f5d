import Foundation
import Media

/// A file of JSON lines, each one whole: what a run measured, to plot from.
public final class MetricsLog {
  private let file: AppendedFile

  /// Opens the file, made if need be, to add to its end. Lines that a resumed run will write again,
  /// those past iteration `iteration`, and a line cut short by a crash are taken off first.
  ///
  /// Throws a `FileError` if it can't be written.
  public init(_ path: String, resumingAfter iteration: Int) throws {
    if let text = try? String(contentsOfFile: path, encoding: .utf8) {
      let kept = text.split(separator: "\n").filter { line in
        let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return (object?["iteration"] as? Int).map { $0 <= iteration } ?? false
      }
      try AtomicFile.write(kept.map { $0 + "\n" }.joined(), to: path)
    }
    file = try AppendedFile(path)
  }

  /// Adds one line, keys in order. Values that are no number, such as NaN, become null.
  public func add(_ values: [(key: String, value: Double)]) throws {
    let fields = values.map { key, value in
      let whole = Int(exactly: value).map(String.init)
      return "\"\(key)\":\(Float(value).isFinite ? whole ?? "\(Float(value))" : "null")"
    }
    try file.add(Array("{\(fields.joined(separator: ","))}\n".utf8))
  }
}
