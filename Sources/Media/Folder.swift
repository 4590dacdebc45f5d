import Foundation

/// A folder to write into, which other processes may make and remove as well.
public enum Folder {
  /// A path in a folder, with one slash between them.
  public static func path(_ folder: String, _ name: String) -> String {
    FolderScan.join(folder, name)
  }

  /// Makes a folder, and all above it that are missing. Throws a `FileError` (unwritable) if it
  /// can't.
  public static func make(_ path: String) throws {
    try insisting {
      do {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
      } catch {
        let unwritable = FileError(path: path, reason: "can't be made", kind: .unwritable)
        if (error as? CocoaError)?.code == .fileNoSuchFile { throw Gone(error: unwritable) }
        throw unwritable
      }
    }
  }

  /// Makes a folder that is not there yet, and all above it that are missing. False if it is there
  /// already, whoever made it just now. Throws as `make`.
  public static func makeNew(_ path: String) throws -> Bool {
    let parent = (path as NSString).deletingLastPathComponent
    var isNew = false
    try insisting {
      if !parent.isEmpty { try make(parent) }
      isNew = mkdir(path, 0o777) == 0
      guard !isNew, errno != EEXIST else { return }
      let unwritable = FileError(
        path: path, reason: "can't be made: \(String(cString: strerror(errno)))", kind: .unwritable)
      if errno == ENOENT { throw Gone(error: unwritable) }
      throw unwritable
    }
    return isNew
  }

  /// A folder was there just now, and no longer is.
  public struct Gone: Error {
    /// What to say if it stays so.
    public let error: FileError

    /// With what to say.
    public init(error: FileError) { self.error = error }
  }

  /// Does again what found a folder `Gone`: who tries whether it can write removes folders that it
  /// made, and that another just began to use. Throws whatever else fails, and after a hundred
  /// tries what `Gone` holds.
  public static func insisting(_ body: () throws -> Void) throws {
    for attempt in 1... {
      do {
        return try body()
      } catch let gone as Gone {
        if attempt == 100 { throw gone.error }
      }
    }
  }
}
