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

  /// A studio of the runs in some folders, each a run, a checkpoint or a folder of them, on the first
  /// of some ports that can be had, or on any that is free where it is 0. Models compute with so many
  /// threads.
  ///
  /// Throws a `FileError` if a folder is not there, if none holds a run, or no port can be had.
  public init(_ folders: [String], ports: [Int], threads: Int) async throws {
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
    let site = Site(library: library, desk: ModelDesk(threads: threads))
    server = try Self.first(of: ports) { try StudioServer(site, port: $0) }
  }

  /// What `body` gives for the first port that it does not fail for; throws what it throws for the
  /// last.
  private static func first(
    of ports: [Int], _ body: (Int) throws -> StudioServer
  ) throws -> StudioServer {
    for port in ports.dropLast() {
      if let server = try? body(port) { return server }
    }
    return try body(ports.last ?? 0)
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
