import ArgumentParser
import Foundation
import Media
import Training

/// A file or a folder that a verb will write, and the option that says so.
struct Output {
  /// What is written to a file, which its name must not belie.
  enum Kind: CaseIterable {
    case picture, figure, sound, table, array, list, tensors

    var endings: [String] {
      switch self {
      case .picture: ["png"]
      case .figure: ["png", "svg"]
      case .sound: ["wav"]
      case .table: TableWriter.endings
      case .array: ["npy"]
      case .list: ["csv"]
      case .tensors: ["safetensors"]
      }
    }

    /// Whether nothing but the ending says what is written.
    var needsEnding: Bool { endings.count > 1 || self == .array }
  }

  private let option: String
  private let path: String
  /// Nil of a folder.
  private let kind: Kind?

  /// A file; nil where no path is given.
  static func file(_ option: String, _ path: String?, _ kind: Kind) -> Output? {
    path.map { Output(option: option, path: $0, kind: kind) }
  }

  /// A folder of files; nil where no path is given.
  static func folder(_ option: String, _ path: String?) -> Output? {
    path.map { Output(option: option, path: $0, kind: nil) }
  }

  /// Finds out before any work that what a verb writes can be written. Folders are made for the
  /// time of the try; nothing is left behind, and no file that is there is touched.
  ///
  /// Throws a usage error at the ending of another kind of file, or at a file that is one of the
  /// `inputs`, and a `FileError` (unwritable).
  static func tryAll(_ outputs: Output?..., reading inputs: [String?]) throws {
    let outputs = outputs.compactMap(\.self)
    for output in outputs {
      try output.checkEnding()
      try output.refuseReplacing(inputs.compactMap(\.self))
    }
    try tryWriting(outputs)
  }

  /// Finds out that a folder can be written, and made if need be, as `tryAll`.
  static func tryFolder(_ path: String) throws {
    try tryWriting([Output(option: "output", path: path, kind: nil)])
  }

  private static func tryWriting(_ outputs: [Output]) throws {
    try Folder.insisting {
      var made: [String] = []
      defer { for folder in made.reversed() { rmdir(folder) } }
      for output in outputs where output.kind == nil { try output.tryFolder(&made) }
      for output in outputs where output.kind != nil { try output.tryFile(output.path) }
    }
  }

  /// Tries a file, in a folder that another may remove.
  private func tryFile(_ file: String) throws {
    do {
      try AtomicFile.tryWriting(to: file)
    } catch let error as FileError {
      let error =
        kind == nil ? FileError(path: path, reason: error.reason, kind: .unwritable) : error
      if access(Self.parent(of: file), F_OK) != 0, errno == ENOENT {
        throw Folder.Gone(error: error)
      }
      throw error
    }
  }

  // MARK: Names

  /// What else nobody would end a folder's name in.
  private static let otherEndings = ["jpg", "jpeg", "gif", "flac", "mp3"]

  private func checkEnding() throws {
    let ending = (path as NSString).pathExtension.lowercased()
    if let kind {
      try check(
        kind.endings.contains(ending) || ending.isEmpty && !kind.needsEnding,
        "--\(option) \(path): its name must end in " + Self.listed(kind.endings))
    } else {
      var isFolder: ObjCBool = false
      let isThere = FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      let ofFiles = Kind.allCases.flatMap(\.endings) + Self.otherEndings
      try check(
        !ofFiles.contains(ending) || isThere && isFolder.boolValue,
        "--\(option) \(path): files go into a folder of that name, and it ends as a file's")
    }
  }

  private func refuseReplacing(_ inputs: [String]) throws {
    guard kind != nil, let own = Self.identity(of: path) else { return }
    for input in inputs where Self.identity(of: input) == own {
      // a new file takes the name, and the other names of a hard link stay with the old one
      let names = [input, Self.resolved(input)].compactMap(Self.name)
      try check(
        Self.isHardLink(path) && !names.contains(Self.name(of: path) ?? ""),
        "--\(option) \(path): would replace what is read")
    }
    try check(
      kind != .tensors || (try? Checkpoint(reading: path)) == nil,
      "--\(option) \(path): would replace a model")
  }

  /// What a file has in common with links to it; nil where there is none.
  private static func identity(of path: String) -> [UInt64]? {
    var status = stat()
    return stat(path, &status) == 0 ? [UInt64(status.st_dev), UInt64(status.st_ino)] : nil
  }

  private static func isHardLink(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_nlink > 1
  }

  /// What a path leads to, by all its links.
  private static func resolved(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().path
  }

  /// A file's name and its folder's identity; nil where there is no such folder.
  private static func name(of path: String) -> String? {
    identity(of: parent(of: path)).map { "\($0)/\((path as NSString).lastPathComponent)" }
  }

  /// ".csv, .tsv or .npy"
  private static func listed(_ endings: [String]) -> String {
    let dotted = endings.map { "." + $0 }
    return (dotted.count > 1 ? dotted.dropLast().joined(separator: ", ") + " or " : "")
      + dotted[dotted.count - 1]
  }

  // MARK: Folders

  /// Makes the folder and all above it that are missing, adds them to `made`, and tries a file in
  /// it.
  private func tryFolder(_ made: inout [String]) throws {
    func unwritable(_ reason: String) -> FileError {
      FileError(path: path, reason: reason, kind: .unwritable)
    }
    var missing: [String] = []
    var folder = path
    var status = stat()
    while stat(folder, &status) != 0 {
      guard errno == ENOENT, !folder.isEmpty else {
        throw unwritable("can't be made: \(Self.reason)")
      }
      missing.append(folder)
      folder = Self.parent(of: folder)
    }
    guard status.st_mode & S_IFMT == S_IFDIR else {
      throw unwritable(missing.isEmpty ? "is not a folder" : "can't be made: \(folder) is a file")
    }
    for folder in missing.reversed() {
      if mkdir(folder, 0o777) == 0 {
        made.append(folder)
      } else if errno != EEXIST {
        let (isGone, error) = (errno == ENOENT, unwritable("can't be made: \(Self.reason)"))
        if isGone { throw Folder.Gone(error: error) }
        throw error
      }
    }
    try tryFile(path + "/try")
  }

  /// The folder that a path lies in. Foundation's own traps at a name of one letter.
  private static func parent(of path: String) -> String {
    let named = path.reversed().drop { $0 == "/" }.drop { $0 != "/" }
    if named.isEmpty { return path.hasPrefix("/") ? "/" : "." }
    let parent = named.drop { $0 == "/" }
    return parent.isEmpty ? "/" : String(parent.reversed())
  }

  private static var reason: String { String(cString: strerror(errno)) }
}
