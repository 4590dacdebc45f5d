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

  /// The error for one path.
  public init(path: String, reason: String, kind: Kind) {
    self.path = path
    self.reason = reason
    self.kind = kind
  }

  /// `PATH: REASON`; newlines in either become spaces.
  public var description: String {
    String("\(path): \(reason)".map { $0.isNewline ? " " : $0 })
  }
}
