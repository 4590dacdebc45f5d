import Foundation
import Media

@testable import Studio

/// A studio of a folder, for as long as `body` takes.
struct RunningStudio: Sendable {
  let port: Int
  let folder: String
  let library: RunLibrary
  let desk: ModelDesk

  static let checkpoints = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../../checkpoints").standardizedFileURL.path

  /// With a run of two lines of metrics, a sample of it and a link that leads out, and the shipped
  /// models.
  static func with(
    _ limits: Limits = Limits(), _ body: @Sendable (RunningStudio) async throws -> Void
  )
    async throws
  {
    let folder = URL(fileURLWithPath: NSTemporaryDirectory() + "/studio-\(UUID().uuidString)")
      .standardizedFileURL.path
    try Folder.make(folder + "/run/samples")
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try write(
      #"{"iteration":10,"seconds":1,"bits_per_dim":5,"skipped":0}"# + "\n"
        + #"{"iteration":20,"seconds":2,"bits_per_dim":4,"skipped":1}"# + "\n",
      folder + "/run/metrics.jsonl")
    try PNG.write(
      Image(width: 2, height: 2, channels: 1, pixels: [0, 1, 2, 3]),
      to: folder + "/run/samples/20.png")
    try write("secret", folder + "/secret.txt")
    try FileManager.default.createSymbolicLink(
      atPath: folder + "/run/samples/30.png", withDestinationPath: folder + "/secret.txt")
    try write("seed: 1\nimages: \"a: b\"\n", folder + "/run/config.yaml")
    let library = RunLibrary([folder, checkpoints])
    await library.scan()
    let desk = ModelDesk(threads: 1)
    let server = try StudioServer(Site(library: library, desk: desk), port: 0, limits: limits)
    let task = Task(executorPreference: OwnThreads.shared) { try await server.run() }
    defer { task.cancel() }
    try await body(RunningStudio(port: server.port, folder: folder, library: library, desk: desk))
  }

  /// Puts a shipped checkpoint at a path, with other values in its config.
  static func put(_ name: String, at path: String, with values: [String: Any]) throws {
    let bytes = try WholeFile.read("\(checkpoints)/\(name).safetensors")
    let length = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    var header = try object(Data(bytes[8..<8 + length]))
    var metadata = header["__metadata__"] as? [String: String] ?? [:]
    let config = try object(Data((metadata["config"] ?? "").utf8)).merging(values) { $1 }
    metadata["config"] = String(
      decoding: try JSONSerialization.data(withJSONObject: config), as: UTF8.self)
    header["__metadata__"] = metadata
    let head = try JSONSerialization.data(withJSONObject: header)
    let size = withUnsafeBytes(of: UInt64(head.count).littleEndian) { Data($0) }
    try (size + head + bytes[(8 + length)...]).write(to: URL(fileURLWithPath: path))
  }

  private static func object(_ data: Data) throws -> [String: Any] {
    try JSONSerialization.jsonObject(with: data) as? [String: Any] ?? [:]
  }

  static func write(_ text: String, _ path: String) throws {
    try text.write(toFile: path, atomically: false, encoding: .utf8)
  }

  /// The answer to these bytes, off the threads that the server needs.
  func answer(_ text: String) async -> String {
    await Self.blocking {
      guard let client = Client(port: port) else { return "no connection" }
      defer { client.end() }
      client.send(text)
      return client.receive()
    }
  }

  /// The answer to a well-meant request.
  func ask(_ target: String, _ body: String? = nil) async -> String {
    let host = "127.0.0.1:\(port)"
    let more = body.map { "Origin: http://\(host)\r\nContent-Length: \($0.utf8.count)\r\n" } ?? ""
    return await answer(
      "\(body == nil ? "GET" : "POST") \(target) HTTP/1.1\r\nHost: \(host)\r\n\(more)\r\n\(body ?? "")"
    )
  }

  /// The id of a run by its name.
  func id(_ name: String) async -> String { await summary(name)?.id ?? "none" }

  /// A run as the table shows it, by its name.
  func summary(_ name: String) async -> RunSummary? {
    await library.summaries.first { $0.name == name }
  }

  /// Lets the studio see what was just written to the logs.
  func look() async throws {
    let watch = Task { try await library.watch() }
    defer { watch.cancel() }
    while await library.looks == 0 { try await Task.sleep(for: .milliseconds(5)) }
  }

  static func blocking<T: Sendable>(_ body: @escaping @Sendable () -> T) async -> T {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread { continuation.resume(returning: body()) }
    }
  }
}

/// The status of an answer; 0 where there is none.
func status(_ answer: String) -> Int {
  Int(answer.split(separator: " ", maxSplits: 2).dropFirst().first ?? "") ?? 0
}

/// What stands behind an answer's head.
func content(_ answer: String) -> Substring {
  answer.firstRange(of: "\r\n\r\n").map { answer[$0.upperBound...] } ?? ""
}
