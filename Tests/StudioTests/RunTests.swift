import Foundation
import Testing

@testable import Studio

/// What is told of runs.
@Suite struct RunTests {
  @Test func details() async throws {
    try await RunningStudio.with { studio in
      let run = await studio.id("run")
      let details = content(await studio.ask("/runs/\(run)"))
      #expect(details.contains(#""name":"images","value":"\"a: b\"""#))
      let metrics = await studio.ask("/runs/\(run)/metrics?generation=0&from=0")
      #expect(content(metrics).split(separator: "\n").count == 2)
      #expect(metrics.contains("X-Generation: 1"))
      let first =
        content(metrics).firstIndex(of: "\n").map { content(metrics)[..<$0].utf8.count + 1 } ?? 0
      let rest = content(await studio.ask("/runs/\(run)/metrics?generation=1&from=\(first)"))
      #expect(rest.hasPrefix(#"{"iteration":20"#))
      #expect(content(await studio.ask("/runs/\(run)/samples")).contains("20.png"))
    }
  }

  @Test func states() async throws {
    try await RunningStudio.with { studio in
      let summaries = await studio.library.summaries
      let run = summaries.first { $0.name == "run" }
      #expect(run?.state == .died && run?.steps == 20 && run?.skipped == 1)
      let file = summaries.first { $0.name == "glyphs.safetensors" }
      #expect(file?.state == .file && file?.figure == "bits/dim" && file?.hasModel == true)
    }
  }

  @Test func stream() async throws {
    try await RunningStudio.with { studio in
      let run = await studio.id("run")
      let watch = Task { try await studio.library.watch() }
      defer { watch.cancel() }
      let (port, log) = (studio.port, studio.folder + "/run/metrics.jsonl")
      let said = await RunningStudio.blocking {
        guard let client = Client(port: port) else { return "" }
        defer { client.end() }
        client.send("GET /events HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\r\n")
        var said = ""
        while !said.contains("event: runs") { said += client.receive(1) }
        // one more line, then another file in its place
        let more = FileHandle(forWritingAtPath: log)
        more?.seekToEndOfFile()
        more?.write(Data("{\"iteration\":30,\"seconds\":3}\n{\"cut".utf8))
        while !said.contains("\"iteration\":30") { said += client.receive(1) }
        try? "{\"iteration\":10,\"seconds\":1}\n".write(
          toFile: log, atomically: true, encoding: .utf8)
        while !said.contains("event: restart") { said += client.receive(1) }
        return said
      }
      #expect(said.contains("text/event-stream"))
      #expect(said.contains("\"run\":\"\(run)\",\"generation\":1"))
      #expect(!said.contains("{\"cut"))
    }
  }

  @Test func tail() throws {
    let path = NSTemporaryDirectory() + "/tail-\(UUID().uuidString).jsonl"
    defer { try? FileManager.default.removeItem(atPath: path) }
    var tail = MetricsTail(path)
    #expect(tail.look() == nil)
    try "{\"iteration\":1}\nnonsense\n{\"iteration\":2,\"loss\":null}\n{\"ite".write(
      toFile: path, atomically: false, encoding: .utf8)
    let news = tail.look()
    #expect(news?.isNew == true && news?.lines.map { $0.values["iteration"] } == [1, 2])
    #expect(tail.look() == nil)
    // shorter, in the same file
    try "{\"iteration\":1}\n".write(toFile: path, atomically: false, encoding: .utf8)
    #expect(tail.look()?.isNew == true && tail.generation == 2)
    // as long, but another file
    try "{\"iteration\":5}\n".write(toFile: path, atomically: true, encoding: .utf8)
    #expect(tail.look()?.lines.first?.values["iteration"] == 5)
  }
}
