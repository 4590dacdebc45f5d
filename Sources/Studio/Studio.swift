import Foundation
import Media

/// A page in the browser over runs and their models: `glow studio`.
///
/// It only reads what the runs write, in a process of its own; no run knows of it.
public struct Studio: Sendable {
  /// Where the page is.
  public var address: String { "http://127.0.0.1:\(server.port)/" }
  /// How many runs and checkpoints were found.
  public let count: Int

  private let server: StudioServer
  private let library: RunLibrary

  /// A studio of the runs in some folders, each a run, a checkpoint or a folder of them, on a port,
  /// or on any that is free where it is 0. Models compute with so many threads.
  ///
  /// Throws a `FileError` if a folder is not there, if none holds a run, or the port can't be had.
  public init(_ folders: [String], port: Int, threads: Int) async throws {
    for folder in folders where !FileManager.default.fileExists(atPath: folder) {
      throw FileError(path: folder, reason: "does not exist", kind: .missing)
    }
    library = RunLibrary(folders)
    await library.scan()
    count = await library.count
    guard count > 0 else {
      throw FileError(
        path: folders.joined(separator: ", "),
        reason:
          "holds no run and no checkpoint; glowtrain --output writes one, and glow studio takes "
          + "its directory or one that it is in", kind: .malformed)
    }
    server = try StudioServer(Site(library: library, desk: ModelDesk(threads: threads)), port: port)
  }

  /// Answers until the task is cancelled.
  public func run() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await library.watch() }
      group.addTask { try await server.run() }
      try await group.next()
      group.cancelAll()
    }
  }
}
