/// What is wrong with a file or a folder: always one line, `PATH: REASON`.
public struct FileError: Error, CustomStringConvertible, Equatable, Sendable {
  /// What went wrong, as coarsely as an exit status tells it.
  public enum Kind: Equatable, Sendable {
    /// There is no such file, or it can't be opened for reading.
    case missing
    /// It is there, but does not hold what it should.
    case malformed
    /// It can't be written.
    case unwritable
  }

  /// The file or folder, as the user named it.
  public let path: String
  /// A clause with the file as its subject: "is empty".
  public let reason: String
  /// What went wrong, coarsely.
  public let kind: Kind
  /// What could be done about it, where there is something.
  public let remedy: Remedy?

  /// The error for one path.
  public init(path: String, reason: String, kind: Kind, remedy: Remedy? = nil) {
    self.path = path
    self.reason = reason
    self.kind = kind
    self.remedy = remedy
  }

  /// `PATH: REASON`, always one line.
  public var description: String {
    Self.oneLine("\(path): \(reason)")
  }

  /// Text from outside for a terminal: no line break or escape sequence in it gets out.
  public static func oneLine(_ text: String) -> String {
    let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator: "\u{FFFD}"
      default: scalar
      }
    }
    return String(String.UnicodeScalarView(scalars))
  }
}

/// A clause of a `FileError`, thrown where the file is not known.
struct Reason: Error {
  let text: String
}
