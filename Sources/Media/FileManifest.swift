import Foundation

/// Which files a folder held: enough to tell whether another folder holds the same.
public struct FileManifest: Equatable, Sendable {
  /// One of the files.
  public struct Entry: Codable, Equatable, Sendable {
    /// Its path below the folder.
    public let file: String
    /// Its size.
    public let bytes: Int
    /// Sixteen digits of the 4 KiB in its middle (FNV-1a), which cost one short read.
    public let checksum: String
  }

  /// The files, in the order of their paths, byte by byte.
  public let entries: [Entry]

  /// Looks at files below a folder. Throws a `FileError` if one can't be read.
  init(_ folder: String, _ paths: [String]) throws {
    let prefix = FolderScan.join(folder, "x").utf8.count - 1
    entries = try paths.map { try Self.entry($0, as: String(Substring($0.utf8.dropFirst(prefix)))) }
  }

  /// Looks at files by their own names, wherever they lie; of those that can't be read these alone
  /// count.
  package init(named paths: [String]) {
    entries = paths.map { path in
      let name = (path as NSString).lastPathComponent
      return (try? Self.entry(path, as: name)) ?? Entry(file: name, bytes: -1, checksum: "")
    }
  }

  private static func entry(_ path: String, as name: String) throws -> Entry {
    let file = try InputFile(path: path)
    let length = min(file.count, 4096)
    var hash = Checksum()
    hash.add(try file.bytes(length, at: (file.count - length) / 2))
    return Entry(file: name, bytes: file.count, checksum: hash.digits)
  }

  /// Sixteen digits that other files, or other names, have otherwise.
  public var fingerprint: String {
    var hash = Checksum()
    for entry in entries { hash.add("\(entry.file)\0\(entry.bytes)\0\(entry.checksum)\0".utf8) }
    return hash.digits
  }

  /// The first difference from what was before, as a clause; nil if there is none.
  public func difference(from older: FileManifest) -> String? {
    for (old, new) in zip(older.entries, entries) where old != new {
      if old.file != new.file {
        return old.file.utf8.lexicographicallyPrecedes(new.file.utf8)
          ? "\(old.file) is gone" : "\(new.file) is new"
      }
      return old.bytes == new.bytes
        ? "\(new.file) has other contents"
        : "\(new.file) has \(counted(new.bytes, "byte")), and had \(counted(old.bytes, "byte"))"
    }
    let common = min(older.entries.count, entries.count)
    return older.entries.dropFirst(common).first.map { "\($0.file) is gone" }
      ?? entries.dropFirst(common).first.map { "\($0.file) is new" }
  }

  /// Writes a line of JSON for each file. Throws a `FileError` if it can't.
  public func write(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(to: path) { write in
      for entry in entries {
        try (encoder.encode(entry) + Data("\n".utf8)).withUnsafeBytes { try write($0) }
      }
    }
  }

  /// Reads what `write` wrote. Throws a `FileError` if it is missing or damaged.
  public init(reading path: String) throws {
    try self.init(parsing: WholeFile.read(path), path: path)
  }

  /// As `reading`, of a file's contents.
  package init(parsing bytes: [UInt8], path: String) throws {
    do {
      let decoder = JSONDecoder()
      entries = try bytes.split(separator: UInt8(ascii: "\n")).map {
        try decoder.decode(Entry.self, from: Data($0))
      }
    } catch is DecodingError {
      throw FileError(path: path, reason: "is no list of files", kind: .malformed)
    }
  }
}

extension ImageFolder {
  /// The files that were found, and what tells them from others. Throws a `FileError` if one can't
  /// be read any more.
  public func manifest() throws -> FileManifest { try FileManifest(path, files.map(\.path)) }
}

extension SoundFolder {
  /// The files that were found, and what tells them from others. Throws a `FileError` if one can't
  /// be read any more.
  public func manifest() throws -> FileManifest { try FileManifest(path, files.map(\.path)) }
}

/// FNV-1a of 64 bits.
struct Checksum {
  private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

  mutating func add(_ bytes: some Sequence<UInt8>) {
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }

  var digits: String { String(format: "%016llx", hash) }
}
