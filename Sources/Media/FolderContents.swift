/// One readable file of a folder; only its header has been read.
public struct FolderFile<Header: Sendable>: Sendable {
  /// Where it is.
  public let path: String
  /// What its header says.
  public let header: Header
  /// The subfolder of the root that it lies in, at whatever depth; nil in the root itself.
  public let className: String?
}

/// The files of one kind below a folder, flat or with one subfolder per class.
struct FolderContents<Header: Sendable> {
  /// The files whose headers could be read, in the order of their paths, byte by byte.
  let files: [FolderFile<Header>]
  /// The files and subfolders that could not be read.
  let bad: [FileError]
  /// The names of the classes, sorted; empty unless every file lies in a subfolder.
  let classes: [String]
  /// What was passed over though it may be of this kind, each a line.
  let passedOver: [Note]

  /// Scans a folder for names with the given endings (lower case) and reads their headers.
  /// `output` is where a run will write; symbolic links are followed if asked for.
  ///
  /// Throws a `FileError` if there is no such folder, if it holds no such files, or if none of them
  /// can be read; `kind` is what these files are called.
  init(
    _ path: String, kind: String, endings: [String], output: String?, followingLinks: Bool,
    header: (String) throws -> Header
  ) throws {
    let scan = try FolderScan(
      path, endings: endings, output: output, followingLinks: followingLinks)
    passedOver = scan.notes(kind: kind)
    var files: [FolderFile<Header>] = []
    var bad = scan.unreadable
    for name in scan.names {
      let file = FolderScan.join(path, name)
      do {
        let parts = name.split(separator: "/", maxSplits: 1)
        let className = parts.count > 1 ? String(parts[0]) : nil
        files.append(FolderFile(path: file, header: try header(file), className: className))
      } catch let error as FileError {
        bad.append(error)
      }
    }
    guard !files.isEmpty else {
      let reason =
        bad.isEmpty
        ? (["holds no \(kind) files"] + passedOver.map(\.text)).joined(separator: "; ")
        : "holds no \(kind) file that can be read, the first: \(bad[0])"
      throw FileError(
        path: path, reason: reason, kind: .malformed,
        remedy: passedOver.lazy.compactMap(\.remedy).first)
    }
    self.files = files
    self.bad = bad
    classes = files.classNames()
  }
}

extension Array {
  /// The names of their classes, sorted; empty unless every file lies in a subfolder.
  func classNames<Header>() -> [String] where Element == FolderFile<Header> {
    let names = compactMap(\.className)
    return names.count == count
      ? Set(names).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } : []
  }

  /// The class of each file, as an index into `classes`, which holds them all.
  func labels<Header>(_ classes: [String]) -> [Int] where Element == FolderFile<Header> {
    let numbers = Dictionary(uniqueKeysWithValues: zip(classes, classes.indices))
    return map { file in file.className.flatMap { numbers[$0] } ?? 0 }
  }

  /// Why there are no classes, if some files lie in subfolders and some do not.
  func notes<Header>(noun: String) -> [Note] where Element == FolderFile<Header> {
    let outside = count { $0.className == nil }
    guard outside > 0 && outside < count else { return [] }
    return ["\(counted(outside, noun)) outside the subfolders, so these are not taken as classes"]
  }
}
