import Detection
import Foundation
import Media
import Models
import Testing
import Training

@testable import Studio

/// What is asked of a model.
@Suite struct ModelTests {
  private struct Drawn: Decodable {
    struct Example: Decodable, Equatable { let id, kind, samples: String }
    let examples: [Example]
  }

  @Test func page() async throws {
    try await RunningStudio.with { studio in
      let model = await studio.id("glyphs.safetensors")
      func post(_ verb: String, _ body: String) async -> Substring {
        content(await studio.ask("/models/\(model)/\(verb)", body))
      }
      func drawn(_ seed: Int) async throws -> [Drawn.Example] {
        let body = "{\"count\":2,\"temperature\":0.7,\"seed\":\(seed),\"label\":\"7\"}"
        return try JSONDecoder().decode(Drawn.self, from: Data(await post("draw", body).utf8))
          .examples
      }
      let (first, again, other) = (try await drawn(1), try await drawn(1), try await drawn(2))
      #expect(
        first.map(\.samples) == again.map(\.samples) && first.map(\.samples) != other.map(\.samples)
      )
      let (a, b) = (first[0].id, first[1].id)
      let said = await post("examine", "{\"item\":\"\(a)\"}")
      #expect(said.contains("bitsPerDimension") && said.contains("\"map\""))
      let line = await post("interpolate", "{\"a\":\"\(a)\",\"b\":\"\(b)\",\"steps\":3}")
      let frames = try JSONDecoder().decode([Drawn.Example].self, from: Data(line.utf8))
      #expect(frames.count == 3 && frames[0].samples == first[0].samples)
      let replaced = await post(
        "replace", "{\"item\":\"\(a)\",\"level\":2,\"from\":\"\(b)\",\"temperature\":1,\"seed\":0}")
      #expect(replaced.contains("samples"))
      let slid = await post(
        "slide", "{\"item\":\"\(a)\",\"from\":\"7\",\"to\":\"1\",\"amounts\":[0,1]}")
      let moved = try JSONDecoder().decode([Drawn.Example].self, from: Data(slid.utf8))
      #expect(moved.count == 2 && moved[0].samples == first[0].samples && moved[1] != moved[0])
      #expect(await post("examine", "{\"item\":\"gone\"}").contains("no longer kept"))
    }
  }

  /// A few long sounds are as much as many short ones.
  @Test func keptExamples() throws {
    func sound(_ frames: Int) -> Example {
      .sound(Sound(rate: 8000, channels: 1, samples: [Int16](repeating: 0, count: frames)))
    }
    var kept = KeptExamples(most: 3, bytes: 100)
    let ids = (0..<4).compactMap { _ in kept.keep(sound(10)).id }
    #expect(throws: Refusal.self) { try kept.example(ids[0]) }
    #expect(try kept.example(ids[1]).bytes == 20)
    let long = kept.keep(sound(45)).id ?? ""
    #expect(throws: Refusal.self) { try kept.example(ids[3]) }
    #expect(try kept.example(long).bytes == 90)
    // the last one stays, whatever its size
    let last = kept.keep(sound(1000)).id ?? ""
    #expect(try kept.example(last).bytes == 2000)
  }

  @Test func latents() throws {
    let glow = try Checkpoint(reading: RunningStudio.checkpoints + "/glyphs.safetensors").model(
      of: Glow.self)
    let images = try Sampler(glow, seed: 3).images(3, temperature: 0.7).images
    func latents(_ n: Int) -> Latents { Latents(of: [images[n]], names: ["\(n)"], in: glow) }
    let (z, a, b) = (latents(0), latents(1), latents(2))
    #expect(elements(a.moved(by: 0, from: z, to: b)) == elements(a))
    let moved = elements(a.moved(by: 1, from: a, to: b))
    #expect(zip(moved, elements(b)).allSatisfy { abs($0 - $1) < 1e-4 })
    let mean = elements(Latents(of: Array(images[1...]), names: ["1", "2"], in: glow).mean)
    let half = elements(a.interpolated(with: b))
    #expect(zip(mean, half).allSatisfy { abs($0 - $1) < 1e-5 })
    let replaced = z.replacing(level: 1, by: a)
    #expect(replaced.levels[1].elements == a.levels[1].elements)
    #expect(replaced.levels[0].elements == z.levels[0].elements)
    let redrawn = z.redrawing(level: 0, temperature: 1, label: 0, seed: 1, in: glow)
    #expect(redrawn.levels[0].elements != z.levels[0].elements)
    #expect(redrawn.levels[2].elements == z.levels[2].elements)
  }

  /// A fresh latent without a class is of the class that the example is most likely of.
  @Test func redrawnAsOfTheLikeliestClass() throws {
    let glow = try Checkpoint(reading: RunningStudio.checkpoints + "/glyphs.safetensors").model(
      of: Glow.self)
    for label in [1, 7] {
      let image = try Sampler(glow, seed: 3).images(1, temperature: 0.5, label: label).images
      let z = Latents(of: image, names: ["z"], in: glow)
      func drawn(_ label: Int?) -> [Float] {
        elements(z.redrawing(level: 2, temperature: 1, label: label, seed: 1, in: glow))
      }
      #expect(drawn(nil) == drawn(label) && drawn(nil) != drawn(0))
    }
  }

  /// What waits for the desk is not computed for a client that is gone.
  @Test func gone() async throws {
    try await RunningStudio.with { studio in
      let target = "/models/\(await studio.id("glyphs.safetensors"))/draw"
      let wish = "{\"count\":2,\"temperature\":0.7,\"seed\":0}"
      let (began, gate) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
      let held = Task { await studio.desk.hold(began, gate) }
      await RunningStudio.blocking { began.wait() }
      let own = "Host: 127.0.0.1:\(studio.port)\r\nOrigin: http://127.0.0.1:\(studio.port)\r\n"
      let client = Client(port: studio.port)
      client?.send(
        "POST \(target) HTTP/1.1\r\n\(own)Content-Length: \(wish.utf8.count)\r\n\r\n\(wish)")
      // the server sees to one connection after the other, so it has seen this one begin, and end
      for _ in 0..<5 { _ = await studio.ask("/") }
      client?.end()
      for _ in 0..<20 { _ = await studio.ask("/") }
      gate.signal()
      await held.value
      let drawn = try JSONDecoder().decode(
        Drawn.self, from: Data(content(await studio.ask(target, wish)).utf8))
      #expect(drawn.examples.map(\.id) == ["x0", "x1"])
    }
  }

  /// The mean latent of a class needs no more of a folder than the files that it is taken of.
  @Test func meanOfAFewFiles() async throws {
    let folder = NSTemporaryDirectory() + "/mean-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    for name in ["1", "7"] {
      try Folder.make("\(folder)/\(name)")
      for n in 0..<48 {
        // every second file has nothing behind its header
        let path = "\(folder)/\(name)/\(n + 100).png"
        let pixels = (0..<1024).map { UInt8(truncatingIfNeeded: $0 * 7 + n) }
        try PNG.write(Image(width: 32, height: 32, channels: 1, pixels: pixels), to: path)
        if n % 2 == 1 { truncate(path, 60) }
      }
    }
    let path = folder + "/model.safetensors"
    try RunningStudio.put("glyphs", at: path, with: ["data": ["images": folder, "count": 96]])
    let model = try LoadedModel(path)
    let images = try stride(from: 0, to: 48, by: 2).map {
      try PNG.read("\(folder)/1/\($0 + 100).png").image
    }
    let mean = Latents(of: images, names: images.indices.map { "\($0)" }, in: try model.glow).mean
    #expect(try elements(model.mean(of: "1", frames: nil)) == elements(mean))
  }

  private func elements(_ latents: Latents) -> [Float] { latents.levels.flatMap(\.elements) }

  @Test func examination() throws {
    let glow = try Checkpoint(reading: RunningStudio.checkpoints + "/glyphs.safetensors").model(
      of: Glow.self)
    let image = try Sampler(glow, seed: 3).images(1, temperature: 0.7).images[0]
    let said = Examination(of: image.pixels.map { Int16($0) }, width: 32, by: glow)
    #expect(abs(said.map.total / 1024 - said.bitsPerDimension) < 1e-3)
    #expect(said.levels.count == 3)
  }
}

extension ModelDesk {
  /// Keeps the desk busy, as the first signal says, until the second one comes.
  fileprivate func hold(_ began: DispatchSemaphore, _ gate: DispatchSemaphore) {
    began.signal()
    gate.wait()
  }
}

extension Latents {
  /// Half of the way to another.
  fileprivate func interpolated(with other: Latents) -> Latents {
    moved(by: 0.5, from: self, to: other)
  }
}
