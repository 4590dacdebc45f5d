import ArgumentParser
import Foundation
import Media
import Training
import Yams

/// A file of options, by their names: YAML, and JSON, which is YAML.
struct ConfigFile {
  private let path: String
  private let entries: [(key: String, words: String?)]

  /// Options that exclude each other: one on the command line takes the place of another in the
  /// file.
  private static let exclusive: [Set<String>] = [
    ["images", "audio"], ["images", "table"], ["table", "target"],
    ["iterations", "epochs", "minutes"],
    ["validation", "validation-fraction"],
  ]

  private static let mostBytes = 1 << 20

  /// Reads it. Throws a `FileError` if it is no such file.
  init(reading path: String) throws {
    func malformed(_ reason: String) -> FileError {
      FileError(path: path, reason: reason, kind: .malformed)
    }
    self.path = path
    let file = try InputFile(path: path)
    guard file.count <= Self.mostBytes else { throw malformed("is too long for a file of options") }
    var bytes = [UInt8](repeating: 0, count: file.count)
    try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
    guard let text = String(bytes: bytes, encoding: .utf8) else { throw malformed("is not text") }
    let root: Node?
    do {
      root = try Yams.compose(yaml: text)
    } catch let error as YamlError {
      throw malformed("is neither YAML nor JSON: \(Self.reason(error))")
    }
    switch root {
    case nil: entries = []
    case .mapping(let mapping):
      entries = try mapping.map { key, value in
        guard let key = key.string else { throw malformed("has a key that is no name") }
        guard let words = Self.words(value) else {
          throw malformed("\(key): must be one value, or a list of them")
        }
        return (key, Self.isNull(value) ? nil : words)
      }
    default: throw malformed("holds no options, as \"batch: 32\"")
    }
  }

  /// Gives a command the options that its own words do not.
  ///
  /// Throws a `FileError` that names the key of an option that there is not, or of a value it can't
  /// have.
  func apply<Command, Kept>(to command: inout Command, _ options: [RunOption<Command, Kept>]) throws
  {
    let given = Set(options.filter { $0.isGiven(command) }.map(\.name))
    for (key, words) in entries {
      guard let option = options.first(where: { $0.name == key }) else {
        let meant = Spelling.nearest(to: key, in: options.map(\.name))
        throw malformed(
          key, "there is no such option" + (meant.map { "; did you mean \($0)?" } ?? ""))
      }
      guard let words else { continue }
      var filled = command
      if let error = option.give(&filled, words) ?? option.problem(filled) {
        throw malformed(key, "\(error), and is \(words)")
      }
      let others = Self.exclusive.filter { $0.contains(key) }.reduce(Set([key])) { $0.union($1) }
      if given.isDisjoint(with: others) { command = filled }
    }
  }

  /// What was chosen, in words that can be read again.
  static func text<Command, Kept>(of kept: Kept, _ options: [RunOption<Command, Kept>]) throws
    -> String
  {
    let pairs = options.compactMap { option in
      option.words(kept).map { words -> (Node, Node) in
        let isPlain =
          words.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9.*,_-]*/) != nil && !nulls.contains(words)
        return (
          Node(option.name), Node(words, .implicit, isPlain ? .plain : .doubleQuoted)
        )
      }
    }
    return try Yams.serialize(node: Node(pairs), width: -1, allowUnicode: true)
  }

  /// A value as the command line has it; nil of what is neither a scalar nor a list of them.
  private static func words(_ node: Node) -> String? {
    switch node {
    case .scalar(let scalar): return isNull(node) ? "" : scalar.string
    case .sequence(let sequence):
      let parts = sequence.map { $0.scalar?.string }
      guard !parts.contains(nil) else { return nil }
      return NameList(parts.compactMap { $0 }).defaultValueDescription
    default: return nil
    }
  }

  private static func isNull(_ node: Node) -> Bool {
    guard let scalar = node.scalar, scalar.style == .plain else { return false }
    return nulls.contains(scalar.string)
  }

  /// What YAML takes for no value where it is not quoted.
  private static let nulls = ["", "~", "null", "Null", "NULL"]

  private func malformed(_ key: String, _ reason: String) -> FileError {
    FileError(path: path, reason: "\(key): \(reason)", kind: .malformed)
  }

  /// What the parser says, in a line.
  private static func reason(_ error: YamlError) -> String {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      "line \(mark.line), \(problem)"
    case .duplicatedKeysInMapping(let keys, _):
      "a key twice: " + keys.map { "\($0)" }.joined(separator: ", ")
    default: "it can't be read"
    }
  }
}
