import Foundation
import Media

/// A folder whose files the page may be shown. What names them may be written by anyone, so that a
/// name is not enough.
struct ReadableFolder {
  private let path: String
  private let followsLinks: Bool

  /// The folder at a path; with `followsLinks` what its links lead to belongs to it.
  init(_ path: String, followsLinks: Bool = false) {
    self.path = URL(fileURLWithPath: path).standardizedFileURL.path
    self.followsLinks = followsLinks
  }

  /// The contents of a file, named from the root on; nil unless it lies in the folder or below, with
  /// no link on the way unless they are followed, and without a step back. Throws a `FileError` if
  /// it is not a regular file, is empty or longer than `limit`.
  func contents(of file: String, limit: Int) throws -> [UInt8]? {
    guard file.hasPrefix(path + "/") else { return nil }
    let steps = file.dropFirst(path.count).split(separator: "/").map(String.init)
    guard !steps.isEmpty, !steps.contains("..") else { return nil }
    let descriptor = followsLinks ? open(file, Self.flags) : descriptor(of: steps)
    guard descriptor >= 0 else { return nil }
    return try WholeFile.read(InputFile(opened: descriptor, path: file), limit: limit)
  }

  // without O_NONBLOCK, opening a named pipe would wait for a writer
  private static let flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC

  /// Opens step by step, each in the folder that the one before opened: whatever is put in their
  /// places meanwhile, no link is followed.
  private func descriptor(of steps: [String]) -> Int32 {
    var folder = open(path, Self.flags | O_DIRECTORY)
    for (n, step) in steps.enumerated() where folder >= 0 {
      let isLast = n == steps.count - 1
      let inner = openat(folder, step, Self.flags | O_NOFOLLOW | (isLast ? 0 : O_DIRECTORY))
      close(folder)
      folder = inner
    }
    return folder
  }
}
