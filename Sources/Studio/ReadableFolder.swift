import Foundation

/// A folder whose files the page may be shown. What names them may be written by anyone, so that a
/// name is not enough.
struct ReadableFolder {
  private let path: String
  /// Where it really is; nil if it is not there.
  private let real: String?
  private let followsLinks: Bool

  /// The folder at a path; with `followsLinks` what its links lead to belongs to it.
  init(_ path: String, followsLinks: Bool = false) {
    self.path = URL(fileURLWithPath: path).standardizedFileURL.path
    real = Self.real(self.path)
    self.followsLinks = followsLinks
  }

  /// Whether a file, named from the root on, lies in the folder or below, with no link on the way
  /// unless they are followed, and without a step back.
  func holds(_ file: String) -> Bool {
    guard file.hasPrefix(path + "/"), !file.split(separator: "/").contains("..") else {
      return false
    }
    if followsLinks { return true }
    guard let real, let own = Self.real(file) else { return false }
    return own == real + file.dropFirst(path.count)
  }

  private static func real(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }
}
