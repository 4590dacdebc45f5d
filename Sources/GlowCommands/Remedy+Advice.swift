import Media

extension Remedy {
  /// How the command line asks for it.
  private var advice: String {
    switch self {
    case .smallerSize: "a smaller --size takes them along"
    case .followLinks: "--follow-links reads what links lead to"
    case .resample: "--resample brings them to one"
    case .mixChannels: "--channels 1 mixes them"
    case .leaveOutColumns: "--columns can leave such out"
    case .leaveOutRows: "--drop-missing leaves such rows out"
    case .addNoise: "--discrete a,b, or all, adds uniform noise"
    case .leaveOutSuspicious: "--skip-suspicious leaves such out"
    }
  }

  /// A message, and what could be done about it.
  static func advising(_ message: String, _ remedy: Remedy?) -> String {
    remedy.map { "\(message); \($0.advice)" } ?? message
  }
}

extension Note {
  /// With what could be done about it.
  var advised: String { Remedy.advising(text, remedy) }
}

/// Says what was done to files, a line each, on standard error; `name` is what they are for.
func say(_ notes: [Note], of name: String = "") {
  for line in notes { (line.isWarning ? warn : note)("\(name)\(line.advised)") }
}
