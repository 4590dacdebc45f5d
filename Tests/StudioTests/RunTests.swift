import Foundation
import Media
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
      let first =
        content(metrics).firstIndex(of: "\n").map { content(metrics)[..<$0].utf8.count + 1 } ?? 0
      let generation = await studio.summary("run")?.generation ?? 0
      let target = "/runs/\(run)/metrics?generation=\(generation)&from="
      let rest = content(await studio.ask(target + "\(first)"))
      #expect(rest.hasPrefix(#"{"iteration":20"#))
      // more than there is was of a file that is gone
      let all = await studio.ask(target + "9999")
      #expect(content(all) == content(metrics) && all.contains("X-From: 0\r\n"))
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
        more?.write(Data("{\"iteration\":30,\"seconds\":3,\r\r\"loss\":1}\r\n{\"cut".utf8))
        while !said.contains("\"iteration\":30") { said += client.receive(1) }
        try? "{\"iteration\":10,\"seconds\":1}\n".write(
          toFile: log, atomically: true, encoding: .utf8)
        while !said.contains("event: restart") { said += client.receive(1) }
        return said
      }
      #expect(said.contains("text/event-stream"))
      #expect(said.contains("\"run\":\"\(run)\",\"generation\":"))
      #expect(!said.contains("{\"cut"))
      // a carriage return would end a line of the stream, and with another one the event
      #expect(!content(said).contains("\r"))
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
    let first = tail.generation
    // shorter, in the same file
    try "{\"iteration\":1}\n".write(toFile: path, atomically: false, encoding: .utf8)
    #expect(tail.look()?.isNew == true && tail.generation != first)
    // as long, but another file
    try "{\"iteration\":5}\n".write(toFile: path, atomically: true, encoding: .utf8)
    #expect(tail.look()?.lines.first?.values["iteration"] == 5)
  }

  /// A line longer than what is read at once is passed over, and does not end the log.
  @Test func longLine() throws {
    let path = NSTemporaryDirectory() + "/long-\(UUID().uuidString).jsonl"
    defer { try? FileManager.default.removeItem(atPath: path) }
    let long = String(repeating: "x", count: 2 * MetricsTail.piece + 10)
    let text = "{\"iteration\":1}\n{\"iteration\":2,\"\(long)\":0}\n{\"iteration\":3}\n"
    try RunningStudio.write(text, path)
    var tail = MetricsTail(path)
    var seen: [Double?] = []
    while let news = tail.look() { seen += news.lines.map { $0.values["iteration"] } }
    #expect(seen == [1, 3] && tail.next == text.utf8.count)
    // the page reads it in the same steps
    var (from, read) = (0, 0)
    while from < tail.next {
      let part = try MetricsTail.part(of: path, from: from, to: tail.next)
      #expect(part.end > from)
      (from, read) = (part.end, read + part.lines.count)
    }
    #expect(read == 2)
  }

  /// What a page has read of a log is void when the run is made again, and to another studio.
  @Test func writings() async throws {
    try await RunningStudio.with { studio in
      let (run, log) = (studio.folder + "/run", studio.folder + "/run/metrics.jsonl")
      let first = await studio.summary("run")
      let other = RunLibrary([studio.folder])
      await other.scan()
      let theirs = await other.summaries.first { $0.name == "run" }
      #expect(theirs?.id == first?.id && theirs?.generation != first?.generation)
      let text = try String(contentsOfFile: log, encoding: .utf8)
      try FileManager.default.removeItem(atPath: run)
      await studio.library.scan()
      #expect(await studio.summary("run") == nil)
      try Folder.make(run)
      try RunningStudio.write(text, log)
      await studio.library.scan()
      let again = await studio.summary("run")
      #expect(again?.steps == 20 && again?.generation != first?.generation)
      for generation in [again?.generation, first?.generation, theirs?.generation] {
        #expect(generation.map { (1..<1 << 53).contains($0) } == true)
      }
      // gone between two looks, with nothing else seen of it
      var tail = MetricsTail(log)
      #expect(tail.look()?.isNew == true)
      try FileManager.default.removeItem(atPath: log)
      #expect(tail.look() == nil)
      try RunningStudio.write(text + text, log)
      #expect(tail.look()?.isNew == true)
    }
  }

  /// Runs of one name in two folders are told apart, by no more than is needed.
  @Test func names() {
    func names(_ places: [(path: String, name: String)]) -> [String] {
      RunPlace.distinct(places.map { RunPlace(path: $0.path, name: $0.name, isFile: false) })
        .map(\.name)
    }
    #expect(names([("/a/x", "x"), ("/a/y", "y")]) == ["x", "y"])
    #expect(
      names([("/a/b/x", "x"), ("/c/b/x", "x"), ("/a/b/y", "y")]) == ["a/b/x", "c/b/x", "y"])
    #expect(names([("/x", "x"), ("/a/x", "x")]) == ["/x", "a/x"])
  }

  /// A live run is as far as its log says, not its last checkpoint.
  @Test func progress() async throws {
    try await RunningStudio.with { studio in
      try RunningStudio.put(
        "glyphs", at: studio.folder + "/run/last.safetensors",
        with: ["end": ["iterations": 100_000]])
      await studio.library.scan()
      let saved = await studio.summary("run")?.done ?? 0
      #expect(saved > 0 && saved < 0.5)
      let more = FileHandle(forWritingAtPath: studio.folder + "/run/metrics.jsonl")
      more?.seekToEndOfFile()
      more?.write(Data("{\"iteration\":60000,\"seconds\":3}\n".utf8))
      try await studio.look()
      #expect(await studio.summary("run")?.done == 0.6)
    }
  }
}
