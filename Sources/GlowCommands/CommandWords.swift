import ArgumentParser
import Media

/// The words of a command line, before they are parsed.
struct CommandWords {
  /// The program's name.
  let command: String
  /// The words behind it, each negative number joined to the option before it: `--temperature -1`
  /// is `--temperature=-1`, which the parser would take for an option without a value.
  let words: [String]
  private let verbs: [String]

  init(_ words: [String], of command: any ParsableCommand.Type) {
    self.command = command.configuration.commandName ?? "glow"
    verbs = command.configuration.subcommands.compactMap { $0.configuration.commandName }
    self.words = Self.joined(words)
  }

  /// The command whose help has the rest: the verb, if there is one.
  var helped: String {
    words.first.flatMap { verbs.contains($0) ? "\(command) \($0)" : nil } ?? command
  }

  /// A usage error if the first word should be a verb and is none.
  func checkVerb() throws {
    guard let first = words.first, !verbs.isEmpty, !first.hasPrefix("-"), first != "help",
      !verbs.contains(first)
    else { return }
    let meant = Spelling.nearest(to: first, in: verbs)
    throw ValidationError(
      "there is no verb '\(FileError.oneLine(first))'; "
        + (meant.map { "did you mean '\($0)'?" } ?? "there are " + verbs.joined(separator: ", ")))
  }

  private static func joined(_ words: [String]) -> [String] {
    let end = words.firstIndex(of: "--") ?? words.endIndex
    var joined: [String] = []
    for (i, word) in words.enumerated() {
      if i < end, isNegative(word), let last = joined.last, last.hasPrefix("--"),
        !last.contains("=")
      {
        joined[joined.count - 1] = "\(last)=\(word)"
      } else {
        joined.append(word)
      }
    }
    return joined
  }

  /// -1, -.5, -1e-3, -1,0, -inf, -nan.
  private static func isNegative(_ word: String) -> Bool {
    guard word.hasPrefix("-") else { return false }
    let rest = word.dropFirst().lowercased()
    let digits = rest.hasPrefix(".") ? rest.dropFirst() : rest[...]
    return digits.first.map { $0.isASCII && $0.isNumber } ?? false
      || ["inf", "infinity", "nan"].contains(rest)
  }
}
