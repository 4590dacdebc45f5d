import Foundation

/// What lies in a folder and below it.
struct FolderScan {
  /// The regular files below the root whose names end as asked, relative to it, sorted by the bytes of
  /// their paths.
  private(set) var names: [String] = []
  /// The subfolders that could not be listed.
  private(set) var unreadable: [FileError] = []
  /// How many directories of runs were passed over.
  private(set) var runs = 0

  private let root: String
  private let endings: [String]
  private let output: FileIdentity?

  /// Scans a folder for names that end as one of `endings` (lower case).
  ///
  /// Hidden names, symbolic links and special files are passed over. So is what a run wrote: a
  /// directory that holds metrics and a checkpoint, and the one at `output`; of a root that is one
  /// itself, its samples. Throws a `FileError` if the root can't be listed.
  init(_ root: String, endings: [String], output: String? = nil) throws {
    (self.root, self.endings) = (root, endings)
    self.output = output.flatMap { FileIdentity($0) }
    var entries = try Self.list(root)
    if Self.isRun(entries) || self.output != nil && self.output == FileIdentity(root) {
      if entries.contains("samples") { runs += 1 }
      entries.removeAll { $0 == "samples" }
    }
    var folders = visit("", entries)
    while let folder = folders.popLast() {
      do {
        let entries = try Self.list(Self.join(root, folder))
        if Self.isRun(entries) { runs += 1 } else { folders += visit(folder, entries) }
      } catch let error as FileError {
        unreadable.append(error)
      }
    }
    names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    unreadable.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// Notes the files of one folder, and returns the folders in it.
  private mutating func visit(_ folder: String, _ entries: [String]) -> [String] {
    var folders: [String] = []
    for entry in entries where !entry.hasPrefix(".") {
      let name = Self.join(folder, entry)
      var status = stat()
      guard lstat(Self.join(root, name), &status) == 0 else { continue }  // It went away just now.
      switch status.st_mode & S_IFMT {
      case S_IFDIR where output != nil && output == FileIdentity(status): runs += 1
      case S_IFDIR: folders.append(name)
      case S_IFREG where endings.contains(where: entry.lowercased().hasSuffix): names.append(name)
      default: break
      }
    }
    return folders
  }

  /// Whether these are the names in a run's directory.
  private static func isRun(_ entries: [String]) -> Bool {
    entries.contains("metrics.jsonl") && entries.contains { $0.hasSuffix(".safetensors") }
  }

  static func join(_ folder: String, _ name: String) -> String {
    if folder.isEmpty || name.isEmpty { return folder + name }
    return folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }

  /// The names in one folder, in no order.
  static func list(_ folder: String) throws -> [String] {
    guard let directory = opendir(folder) else {
      switch errno {
      case ENOENT: throw FileError(path: folder, reason: "does not exist", kind: .missing)
      case ENOTDIR: throw FileError(path: folder, reason: "is not a folder", kind: .malformed)
      default:
        let reason = "can't be opened: \(String(cString: strerror(errno)))"
        throw FileError(path: folder, reason: reason, kind: .missing)
      }
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
      }
      names.append(name)
    }
    return names
  }
}

/// Which file this is on its machine, by whatever path it is reached.
private struct FileIdentity: Equatable {
  let device: dev_t
  let number: ino_t

  init(_ status: stat) { (device, number) = (status.st_dev, status.st_ino) }

  /// The file at a path, or nil if there is none.
  init?(_ path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    self.init(status)
  }
}
