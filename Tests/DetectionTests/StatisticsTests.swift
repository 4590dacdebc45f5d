import Flows
import Foundation
import Media
import Models
import Tensors
import Testing
import Training

@testable import Detection

/// Statistics of files and rows.
@Suite final class StatisticsTests {
  let folder = NSTemporaryDirectory() + "statistics-\(UUID().uuidString)"

  init() throws {
    try FileManager.default.createDirectory(
      atPath: folder + "/corner", withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func image(_ name: String, width: Int, height: Int, seed: UInt64) throws {
    let pixels = RandomStream(seed: seed, .samples).uniform([width * height]).elements
    try PNG.write(
      Image(
        width: width, height: height, channels: 1, pixels: pixels.map { UInt8($0 * 255) }),
      to: "\(folder)/\(name)")
  }

  /// A file's numbers are its own; its bits are what eval says, but for the noise; its map adds up.
  @Test func ofImages() throws {
    for i in 0..<5 { try image("\(i).png", width: 8, height: 12, seed: UInt64(i)) }
    let glow = Glow(
      GlowConfiguration(height: 12, width: 8, channels: 1, levels: 2, steps: 1, hidden: 4))
    let set = try ImageFolder(folder).load(width: 8, height: 12, channels: 1)
    let all = try Statistics(of: glow, on: set)
    let one = try Statistics(of: glow, on: set.subset([3]))
    let width = all.names.count
    for (a, b) in zip(one.values, all.values[3 * width..<4 * width]) { #expect(abs(a - b) < 1e-6) }
    let bits = try Evaluation(of: glow, on: set).scores.map(\.bitsPerDimension)
    for (own, other) in zip(all.means("bits"), bits) { #expect(abs(own - other) < 0.1) }
    let map = try SurpriseMap(ofFile: 3, in: set, by: glow)
    #expect(abs(map.total / 96 - all.means("bits")[3]) < 1e-6)
    let bytes = try PNG.encodedBytes(set.image(3), "")
    #expect(all.means("size")[3] == Double(bytes) * 8 / 96)
  }

  /// Tiles cover an image, the last ones at its edges, and a map is the mean of theirs.
  @Test func ofTiles() throws {
    try image("large.png", width: 21, height: 17, seed: 1)
    let tiles = try ImageTiles(ImageFolder(folder), width: 8, height: 8, channels: 1)
    #expect(
      tiles.windows.map(\.start) == Array(repeating: [0, 4, 8, 12, 13], count: 4).flatMap(\.self))
    #expect(Set(tiles.windows.map(\.row)) == [0, 4, 8, 9])
    let whole = try PNG.read("\(folder)/large.png").image
    for window in tiles.windows {
      var samples = [Int16](repeating: 0, count: 64)
      try samples.withUnsafeMutableBufferPointer { try tiles.read(window, into: $0) }
      for i in 0..<64 {
        let place = (window.row + i / 8) * 21 + window.start + i % 8
        #expect(samples[i] == Int16(whole.pixels[place]))
      }
    }
    let glow = Glow(
      GlowConfiguration(height: 8, width: 8, channels: 1, levels: 2, steps: 1, hidden: 4))
    let statistics = try Statistics(of: glow, on: tiles)
    #expect(statistics.items.count == 1 && statistics.rowCount == 20)
    let map = try SurpriseMap(ofFile: 0, in: tiles, by: glow)
    #expect(map.width == 21 && map.height == 17)
    // only the first tile shows the corner
    try PNG.write(
      whole.cropped(left: 0, top: 0, width: 8, height: 8), to: "\(folder)/corner/tile.png")
    let tile = try ImageFolder(folder + "/corner").load(width: 8, height: 8, channels: 1)
    let own = try SurpriseMap(ofFile: 0, in: tile, by: glow)
    for y in 0..<4 {
      #expect(map.values[y * 21..<y * 21 + 4].elementsEqual(own.values[y * 8..<y * 8 + 4]))
    }
  }

  /// A sound is a row, however many windows it has, and its numbers are those of the whole.
  @Test func ofSounds() throws {
    let noise = RandomStream(seed: 2, .samples).normal([900]).elements.map { Int16($0 * 1000) }
    for (name, frames) in [("a", 900), ("b", 130), ("c", 64)] {
      try WAV.write(
        Sound(rate: 8000, channels: 1, samples: Array(noise[..<frames])),
        to: "\(folder)/\(name).wav")
    }
    let glow = Glow(
      GlowConfiguration(
        segment: 64, channels: 1, audio: .init(rate: 8000, layers: 1), levels: 2, steps: 1,
        hidden: 4
      ))
    let set = try SoundFolder(folder).load(
      segment: 64, unit: 4, format: SoundFormat(rate: 8000, channels: 1))
    let statistics = try Statistics(of: glow, on: set)
    #expect(statistics.items.count == 3 && statistics.rowCount == 3)
    #expect(statistics.span == 64...900)
    let bits = try Evaluation(of: glow, on: set).scores.map(\.bitsPerDimension)
    for (own, other) in zip(statistics.means("bits"), bits) { #expect(abs(own - other) < 0.1) }
    let map = try SurpriseMap(ofFile: 0, in: set, by: glow)
    #expect(abs(map.total / 900 - statistics.means("bits")[0]) < 1e-6)
    let moments = map.moments(of: 80)
    #expect(moments.count == 12 && moments[11].columns == 880..<900)
    let sum = moments.reduce(0) { $0 + $1.mean * Double($1.columns.count) }
    #expect(abs(sum - map.total) < 1e-6)
  }

  /// The fresh model of two columns is whitening onto N(0, 1).
  @Test func ofRows() throws {
    let values = RandomStream(seed: 4, .samples).normal([200, 2]).elements.map { Double($0) }
    let table = Table(path: "t", columns: ["a", "b"], values: values)
    let flow = FlowDensity(base: NormalBase(columns: 2), flows: [], columns: ["a", "b"])
    let statistics = Statistics(of: flow, on: try FlowRows(table, for: flow.configuration))
    let nats = try flow.logDensity(table)
    for (own, other) in zip(statistics.means("bits"), nats) {
      #expect(abs(own + other / log(2)) < 1e-5)
    }
    #expect(statistics.names == ["bits", "log density", "log-det", "latent a", "latent b"])
    // rows of whole numbers get one noise: equal rows, equal numbers
    var c = FlowConfiguration(columns: ["a"], flows: [])
    c.discrete = ["a"]
    let whole = Table(path: "t", columns: ["a"], values: [3, 5, 3])
    let own = Statistics(
      of: FlowDensity(c), on: try FlowRows(whole, for: c), numbers: [1, 4, 9])
    #expect(own.means("bits")[0] == own.means("bits")[2] && own.items == ["1", "4", "9"])
    #expect(own.means("bits")[0] != own.means("bits")[1])
    let known = try Calibration(
      statistics, Calibration.Source(flow, path: "t"))
    #expect(known.scores == [.combined, .bits, .typicality, .levels])
  }

  /// How far latents are from N(0, 1), how alike neighbours are, and where they are large.
  @Test func sums() {
    let normal = RandomStream(seed: 5, .samples).normal([32 * 32 * 4]).elements
    func numbers(_ u: [Float]) -> (fit: Double, numbers: [Double]) {
      let sums = u.withUnsafeBufferPointer { LatentSums($0, height: 32, width: 32, channels: 4) }
      return (
        LatentSums.fit([sums]), sums.numbers(dimensions: Double(u.count), areSounds: false)
      )
    }
    let good = numbers(normal)
    // Kolmogorov's 1 % point
    #expect(good.fit < 1.63 / 64)
    #expect(good.numbers[2...4].allSatisfy { abs($0) < 0.08 })
    #expect(numbers(normal.map { 2 * $0 }).fit > 0.1)
    #expect(abs(numbers(normal.map { 2 * $0 }).numbers[2] - log(4)) < 0.08)
    // columns in pairs are alike across, not down
    let paired = normal.indices.map { i in normal[i / 4 % 2 == 1 ? i - 4 : i] }
    #expect(numbers(paired).numbers[3] > 0.4 && abs(numbers(paired).numbers[4]) < 0.1)
    var spot = normal
    for y in 10..<13 { for x in 20..<23 { for c in 0..<4 { spot[(y * 32 + x) * 4 + c] = 5 } } }
    #expect(abs(numbers(spot).numbers[5] - log(25)) < 1e-6)
  }
}
