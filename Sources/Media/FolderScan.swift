import Foundation

/// What lies in a folder and below it.
struct FolderScan {
  /// The regular files below the root whose names end as asked, relative to it, sorted by the bytes
  /// of their paths.
  private(set) var names: [String] = []
  /// The subfolders that could not be listed.
  private(set) var unreadable: [FileError] = []
  /// How many directories of runs were passed over.
  private(set) var runs = 0
  /// How many symbolic links were: all, or those to what is read by another name.
  private(set) var links = 0
  /// The endings of all other files, lower case, and how many have each; "" of those without one.
  private(set) var others: [String: Int] = [:]

  private let root: String
  private let endings: [String]
  private let output: FileIdentity?
  /// Nil if links are not followed, else those that were found and not looked at.
  private var pending: [String]?
  /// What was read, where links are followed.
  private var read: Set<FileIdentity> = []
  /// Whether what is looked at was found by a link.
  private var isLinked = false

  /// Scans a folder for names that end as one of `endings` (lower case).
  ///
  /// Hidden names and special files are passed over. So are symbolic links, unless they are
  /// followed: then what they lead to is read, unless it is read already, by its own name or
  /// another link. So is what a run wrote: a directory that holds metrics and a checkpoint, and the
  /// one at `output`; of a root that is one itself, its samples. Throws a `FileError` if the root
  /// can't be listed.
  init(
    _ root: String, endings: [String], output: String? = nil, followingLinks: Bool = false
  ) throws {
    (self.root, self.endings) = (root, endings)
    self.output = output.flatMap { FileIdentity($0) }
    pending = followingLinks ? [] : nil
    var entries = try Self.list(root)
    let identity = FileIdentity(root)
    if let identity { read.insert(identity) }
    if Self.isRun(entries) || self.output != nil && self.output == identity {
      if entries.contains("samples") { runs += 1 }
      let own = [".safetensors", ".jsonl", ".txt", ".yaml"]
      entries.removeAll {
        $0 == "samples" || $0.hasPrefix(EventFile.prefix) || own.contains(where: $0.hasSuffix)
      }
    }
    walk(visit("", entries))
    isLinked = true
    while let link = pending?.popLast() { follow(link) }
    names.sort { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    unreadable.sort { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }
  }

  /// Notes the files of some folders and of all below them.
  private mutating func walk(_ folders: [String]) {
    var folders = folders
    while let folder = folders.popLast() {
      do {
        let entries = try Self.list(Self.join(root, folder))
        if Self.isRun(entries) { runs += 1 } else { folders += visit(folder, entries) }
      } catch {
        unreadable.append(error)
      }
    }
  }

  /// Notes the files of one folder, and returns the folders in it.
  private mutating func visit(_ folder: String, _ entries: [String]) -> [String] {
    let entries = entries.filter { !$0.hasPrefix(".") }
    // which link is followed first must not be left to the order in a directory
    return (pending == nil ? entries : entries.sorted(by: >)).compactMap { entry in
      let name = Self.join(folder, entry)
      var status = stat()
      // it may have gone away just now
      guard lstat(Self.join(root, name), &status) == 0 else { return nil }
      if status.st_mode & S_IFMT != S_IFLNK { return note(name, status) ? name : nil }
      if pending == nil { links += 1 } else { pending?.append(name) }
      return nil
    }
  }

  /// Reads what a symbolic link leads to, if it was not read already.
  private mutating func follow(_ link: String) {
    var status = stat()
    let path = Self.join(root, link)
    guard stat(path, &status) == 0 else {
      if endings.contains(where: link.lowercased().hasSuffix) {
        unreadable.append(
          FileError(path: path, reason: "is a symbolic link to nothing", kind: .malformed))
      }
      return
    }
    if read.contains(FileIdentity(status)) {
      links += 1
    } else if note(link, status) {
      walk([link])
    }
  }

  /// Notes a file. True if it is a folder to look into.
  private mutating func note(_ name: String, _ status: stat) -> Bool {
    let identity = FileIdentity(status)
    switch status.st_mode & S_IFMT {
    case S_IFDIR:
      if identity == output { runs += 1 }
      return identity != output && (pending == nil || read.insert(identity).inserted)
    case S_IFREG where endings.contains(where: name.lowercased().hasSuffix):
      // a hard link is a name of its own
      let isNew = pending == nil || read.insert(identity).inserted
      if isNew || !isLinked { names.append(name) } else { links += 1 }
    case S_IFREG: others[Self.ending(of: name), default: 0] += 1
    default: break
    }
    return false
  }

  /// ".png" of "a/B.PNG"; "" of a name without such an ending.
  private static func ending(of name: String) -> String {
    guard let last = name.split(separator: "/").last, let dot = last.lastIndex(of: ".") else {
      return ""
    }
    let ending = last[dot...].lowercased()
    let isPlain = ending.dropFirst().allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
    return isPlain && (2...6).contains(ending.count) ? ending : ""
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
  static func list(_ folder: String) throws(FileError) -> [String] {
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

extension FolderScan {
  /// What was passed over though it may be of the kind that is read, each a line.
  func notes(kind: String) -> [Note] {
    var notes: [Note] = []
    if runs > 0 {
      notes.append("\(counted(runs, "run's directory", plural: "runs' directories")) passed over")
    }
    if links > 0 {
      let count = counted(links, "symbolic link")
      notes.append(
        pending == nil
          ? Note("\(count) not followed", remedy: .followLinks)
          : "\(count) to what is read by another name passed over")
    }
    if !others.isEmpty { notes.append("\(otherFiles); only \(kind) is read") }
    return notes
  }

  /// "6 JPEG files passed over", "6 other files passed over (JPEG, .txt)".
  private var otherFiles: String {
    let kinds = Dictionary(others.map { (Self.name(of: $0.key), $0.value) }, uniquingKeysWith: +)
      .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
    let count = others.values.reduce(0, +)
    if kinds.count == 1, kinds[0].key != "" {
      return "\(counted(count, "\(kinds[0].key) file")) passed over"
    }
    let named = kinds.map(\.key).filter { $0 != "" }
    let shown = named.prefix(3).joined(separator: ", ") + (named.count > 3 ? ", …" : "")
    return "\(counted(count, "other file")) passed over" + (shown.isEmpty ? "" : " (\(shown))")
  }

  private static func name(of ending: String) -> String {
    [".jpg", ".jpeg", ".jpe"].contains(ending) ? "JPEG" : ending
  }
}

/// Which file this is on its machine, by whatever path it is reached.
private struct FileIdentity: Hashable {
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
