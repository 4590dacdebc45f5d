import Foundation
import Media
import Testing

@testable import Studio

/// What is sent by those who mean no good, or do not know better: 4xx, and the server stays.
@Suite struct HostileTests {
  @Test func hostsAndOrigins() async throws {
    try await RunningStudio.with { studio in
      let port = studio.port
      func get(_ headers: String) async -> Int {
        status(await studio.answer("GET / HTTP/1.1\r\n\(headers)\r\n"))
      }
      for host in ["127.0.0.1:\(port)", "localhost:\(port)", "[::1]:\(port)"] {
        #expect(await get("Host: \(host)\r\n") == 200)
      }
      for host in [
        "evil.example", "evil.example:\(port)", "127.0.0.1", "127.0.0.1:1",
        "127.0.0.1.evil.example:\(port)",
        "localhost:\(port).evil.example", "0.0.0.0:\(port)", "127.0.0.1:\(port)@evil.example",
      ] {
        #expect(await get("Host: \(host)\r\n") == 403, "\(host)")
      }
      #expect(await get("") == 403)
      let own = "Host: 127.0.0.1:\(port)\r\n"
      #expect(await get(own + "Host: evil.example\r\n") == 403)
      #expect(await get(own + "Origin: http://127.0.0.1:\(port)\r\n") == 200)
      for origin in [
        "http://evil.example", "null", "https://127.0.0.1:\(port)", "http://127.0.0.1:1",
      ] {
        #expect(await get(own + "Origin: \(origin)\r\n") == 403, "\(origin)")
      }
      #expect(await get(own + "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n") == 403)
      #expect(await get(own + "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n") == 200)
      let post = "POST /models/x/draw HTTP/1.1\r\n\(own)Content-Length: 2\r\n"
      #expect(status(await studio.answer(post + "\r\n{}")) == 403)
      #expect(status(await studio.answer(post + "Origin: http://evil.example\r\n\r\n{}")) == 403)
    }
  }

  @Test func targets() async throws {
    try await RunningStudio.with { studio in
      let run = await studio.id("run")
      for target in [
        "/%2e%2e/%2e%2e/etc/passwd", "/../etc/passwd", "/app/../main.js", "/app/..%2fmain.js",
        "/app//main.js",
        "/runs/\(run)/samples/..%2f..%2fsecret.txt", "/runs/\(run)/samples/../metrics.jsonl",
        "/runs/\(run)/samples/%00", "//evil.example/", "http://evil.example/", "*", "",
        "/\\..\\secret",
        "/runs/\(run)/metrics?from=%2e", "/runs/\(run)/metrics?generation=1&from=-1",
      ] {
        #expect(400..<500 ~= status(await studio.ask(target)), "\(target)")
      }
      for target in [
        "/etc/passwd", "/app/none.js", "/runs/none", "/runs/\(run)/samples/secret.txt",
        "/runs/\(run)/samples/30.png", "/runs/\(run)/config.yaml", "/runs/\(run)/none/more",
        "/models/none",
      ] {
        let answer = await studio.ask(target)
        #expect(status(answer) == 404, "\(target)")
        #expect(!answer.contains("secret") && !answer.contains(studio.folder))
      }
      #expect(status(await studio.ask("/runs/\(run)/samples/20.png")) == 200)
    }
  }

  /// A run's lists may name any file; only those of the folders that it learned from are shown.
  @Test func lists() async throws {
    try await RunningStudio.with { studio in
      let (run, data) = (studio.folder + "/run", studio.folder + "/data")
      try Folder.make(data)
      func put(_ level: UInt8, _ path: String) throws {
        let pixels = [UInt8](repeating: level, count: 1024)
        try PNG.write(Image(width: 32, height: 32, channels: 1, pixels: pixels), to: path)
      }
      try put(1, data + "/own.png")
      for name in ["other.png", "data-not.png"] { try put(2, "\(studio.folder)/\(name)") }
      try FileManager.default.createSymbolicLink(
        atPath: data + "/link.png", withDestinationPath: studio.folder + "/other.png")
      func shown(_ list: String, _ text: String, followLinks: Bool = false) async throws -> Int {
        for name in ["validation.txt", "files.jsonl"] {
          try? FileManager.default.removeItem(atPath: "\(run)/\(name)")
        }
        try RunningStudio.write(text, "\(run)/\(list)")
        try RunningStudio.put(
          "glyphs", at: run + "/best.safetensors",
          with: ["data": ["images": data, "count": 1, "followLinks": followLinks]])
        await studio.library.scan()
        let said = await studio.ask("/runs/\(studio.id("run"))/originals")
        return content(said).split(separator: "\"kind\":\"image\"").count - 1
      }
      let held =
        [
          "/own.png", "/link.png", "/../other.png", "/../data/own.png", "-not.png", "/none.png",
        ].map { "\(data)\($0)\n" }.joined() + "/etc/passwd\n"
      #expect(try await shown("validation.txt", held) == 1)
      let linked = "\(data)/own.png\n\(data)/link.png\n\(data)/../other.png\n"
      #expect(try await shown("validation.txt", linked, followLinks: true) == 2)
      let all = ["own.png", "link.png", "../other.png", "/../other.png"].map {
        #"{"file":"\#($0)","bytes":1,"checksum":"0"}"# + "\n"
      }.joined()
      #expect(try await shown("files.jsonl", all) == 1)
    }
  }

  /// Of a log there is nothing to be seen but a run's lines.
  @Test func logs() async throws {
    try await RunningStudio.with { studio in
      let log = studio.folder + "/run/metrics.jsonl"
      let text = "root:secret\n{\"secret\":1}\n[1]\n{\"iteration\":1}\r\n\n{\"iteration\":2}\n"
      try RunningStudio.write(text, log)
      await studio.library.scan()
      try await studio.look()
      let answer = await studio.ask("/runs/\(studio.id("run"))/metrics")
      #expect(content(answer) == "{\"iteration\":1} \n{\"iteration\":2}\n")
      #expect(answer.contains("X-Next: \(text.utf8.count)\r\n"))
    }
  }

  /// A run's files are its own: no link in it leads out.
  @Test func links() async throws {
    try await RunningStudio.with { studio in
      let run = await studio.id("run")
      for name in ["config.yaml", "metrics.jsonl", "samples"] {
        let path = "\(studio.folder)/run/\(name)"
        try FileManager.default.moveItem(atPath: path, toPath: "\(studio.folder)/\(name)")
        try FileManager.default.createSymbolicLink(
          atPath: path, withDestinationPath: "\(studio.folder)/\(name)")
      }
      #expect(status(await studio.ask("/runs/\(run)/samples/20.png")) == 404)
      #expect(!(await studio.ask("/runs/\(run)")).contains("a: b"))
    }
  }

  @Test func heads() async throws {
    try await RunningStudio.with { studio in
      let own = "Host: 127.0.0.1:\(studio.port)\r\n"
      for (text, code) in [
        ("\r\n\r\n", 400), ("GET /\r\n\r\n", 400), ("GET / HTTP/2.0\r\n\(own)\r\n", 400),
        ("GET / HTTP/1.1\r\n\(own)bad header\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\(own)a: b\u{1}\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\(own)a: b\n c: d\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n \(own)\r\n\r\n", 400),
        ("DELETE / HTTP/1.1\r\n\(own)Origin: http://127.0.0.1:\(studio.port)\r\n\r\n", 405),
        ("GET / HTTP/1.1\r\n\(own)Transfer-Encoding: chunked\r\n\r\n", 411),
        ("GET / HTTP/1.1\r\n\(own)Content-Length: 1\r\n\r\n", 413),
        ("GET / HTTP/1.1\r\n\(own)Content-Length: -1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\(own)Content-Length: 0\r\nContent-Length: 0\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\(own)" + String(repeating: "a: b\r\n", count: 200) + "\r\n", 431),
        ("GET /" + String(repeating: "a", count: 20_000) + " HTTP/1.1\r\n\(own)\r\n", 431),
      ] {
        #expect(status(await studio.answer(text)) == code, "\(text.prefix(60).debugDescription)")
      }
    }
  }

  /// A head of 100 MB is refused after its first 16 KiB, and the answer arrives.
  @Test func hugeHead() async throws {
    try await RunningStudio.with { studio in
      let answer = await RunningStudio.blocking { [port = studio.port] in
        guard let client = Client(port: port) else { return "" }
        defer { client.end() }
        client.send("GET / HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nX: ")
        let piece = String(repeating: "a", count: 1 << 20)
        for _ in 0..<100 where !client.send(piece) { break }
        return client.receive()
      }
      #expect(status(answer) == 431)
      #expect(status(await studio.ask("/")) == 200)
    }
  }

  @Test func slowClients() async throws {
    var limits = Limits()
    (limits.headSeconds, limits.bodySeconds) = (0.3, 0.3)
    try await RunningStudio.with(limits) { studio in
      let own = "Host: 127.0.0.1:\(studio.port)\r\nOrigin: http://127.0.0.1:\(studio.port)\r\n"
      #expect(status(await studio.answer("GET / HTTP/1.1\r\n")) == 408)
      let post = "POST /models/x/draw HTTP/1.1\r\n\(own)Content-Length: 10\r\n\r\n{"
      #expect(status(await studio.answer(post)) == 408)
      #expect(status(await studio.ask("/")) == 200)
    }
  }

  @Test func manyConnections() async throws {
    var limits = Limits()
    limits.connections = 50
    try await RunningStudio.with(limits) { studio in
      let idle = (0..<50).compactMap { _ in Client(port: studio.port) }
      #expect(idle.count == 50)
      // they are all taken up before the next one is
      #expect(status(await studio.answer("")) == 429)
      for client in idle { client.end() }
      for _ in 0..<100 where status(await studio.ask("/")) != 200 {
        try await Task.sleep(for: .milliseconds(20))
      }
      #expect(status(await studio.ask("/")) == 200)
    }
  }

  @Test func uploads() async throws {
    var limits = Limits()
    limits.upload = 1000
    try await RunningStudio.with(limits) { studio in
      let model = await studio.id("glyphs.safetensors")
      #expect(
        status(await studio.ask("/models/\(model)/take", String(repeating: "x", count: 1001)))
          == 413)
      let answer = await studio.ask("/models/\(model)/take", "no picture")
      #expect(status(answer) == 422 && content(answer) == "is not a PNG file\n")
      for wish in [
        "", "{}", "[1]", "{\"count\":1e99}", "{\"count\":-1,\"temperature\":1,\"seed\":0}",
      ] {
        #expect(400..<500 ~= status(await studio.ask("/models/\(model)/draw", wish)), "\(wish)")
      }
      for seed in ["-1", "0.5", "\"a\"", "null"] {
        let wish = "{\"count\":1,\"temperature\":1,\"seed\":\(seed)}"
        let said = content(await studio.ask("/models/\(model)/draw", wish))
        #expect(said == "a seed is a whole number, 0 or more\n", "\(seed)")
      }
      #expect(status(await studio.ask("/models/\(model)/none", "{}")) == 404)
    }
  }

  /// Each of them is within its limit; all of them together are as well.
  @Test func sumOfUploads() async throws {
    var limits = Limits()
    (limits.body, limits.upload, limits.uploads) = (10, 1000, 2)
    try await RunningStudio.with(limits) { studio in
      let target = "/models/\(await studio.id("glyphs.safetensors"))/take"
      let own = "Host: 127.0.0.1:\(studio.port)\r\nOrigin: http://127.0.0.1:\(studio.port)\r\n"
      let begun = (0..<2).compactMap { _ in Client(port: studio.port) }
      for client in begun {
        client.send(
          "POST \(target) HTTP/1.1\r\n\(own)Expect: 100-continue\r\nContent-Length: 1000\r\n\r\n")
        // it is let in
        #expect(await RunningStudio.blocking { status(client.receive(25)) } == 100)
      }
      let large = String(repeating: "x", count: 1000)
      #expect(status(await studio.ask(target, large)) == 429)
      #expect(status(await studio.ask(target, "small")) == 422)
      for client in begun { client.end() }
      for _ in 0..<100 where status(await studio.ask(target, large)) == 429 {
        try await Task.sleep(for: .milliseconds(20))
      }
      #expect(status(await studio.ask(target, large)) == 422)
    }
  }

  /// A refused stream says why; a stream's head alone is there, whatever streams there are.
  @Test func streams() async throws {
    var limits = Limits()
    limits.streams = 0
    try await RunningStudio.with(limits) { studio in
      let refused = await studio.ask("/events")
      #expect(status(refused) == 429 && content(refused) == "too much at once\n")
      let host = "Host: 127.0.0.1:\(studio.port)\r\n\r\n"
      let head = await studio.answer("HEAD /events HTTP/1.1\r\n" + host)
      #expect(status(head) == 200 && content(head).isEmpty)
    }
  }

  @Test func everyAnswerHasThePolicy() async throws {
    try await RunningStudio.with { studio in
      for target in ["/", "/none", "/%2e"] {
        let answer = await studio.ask(target)
        for header in [
          "Content-Security-Policy: default-src 'none'; script-src 'self'",
          "frame-ancestors 'none'",
          "X-Content-Type-Options: nosniff", "X-Frame-Options: DENY",
        ] { #expect(answer.contains(header), "\(target) \(header)") }
      }
    }
  }
}
