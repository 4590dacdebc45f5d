import Foundation

/// What lies in a folder and below it.
enum FolderScan {
  /// The regular files below `root` whose names end as one of `endings` (lower case), relative to
  /// it, sorted by the bytes of their paths; and the subfolders that could not be listed.
  ///
  /// Hidden names, symbolic links and special files are passed over.
  static func scan(
    _ root: String, endings: [String]
  ) throws -> (names: [String], unreadable: [FileError]) {
    var names: [String] = []
    var unreadable: [FileError] = []
    var folders: [String] = []
    func visit(_ folder: String) throws {
      for entry in try list(join(root, folder)) where !entry.hasPrefix(".") {
        let name = join(folder, entry)
        var status = stat()
        guard lstat(join(root, name), &status) == 0 else { continue }  // It went away just now.
        switch status.st_mode & S_IFMT {
        case S_IFDIR: folders.append(name)
        case S_IFREG where endings.contains(where: entry.lowercased().hasSuffix): names.append(name)
        default: break
        }
      }
    }
    try visit("")
    while let folder = folders.popLast() {
      do { try visit(folder) } catch let error as FileError { unreadable.append(error) }
    }
    names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    unreadable.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
    return (names, unreadable)
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
