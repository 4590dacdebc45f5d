import ArgumentParser
import Detection
import Foundation
import Media
import Models
import Plots
import Training

/// Maps of where the surprise lies, a picture a file in a folder, and the numbers beside it: of an
/// image bits a pixel in an array, of a sound those of its moments in a table.
struct SurpriseFiles {
  private let folder: String
  private let glow: Glow
  private let examples: any ExampleSet

  init(_ folder: String, _ glow: Glow, _ examples: any ExampleSet) {
    (self.folder, self.glow, self.examples) = (folder, glow, examples)
  }

  /// Throws a usage error where the folder holds anything: maps of several runs would be taken for
  /// one's.
  static func requireEmpty(_ folder: String) throws {
    let there = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    try check(there.isEmpty, "--maps \(folder): is not empty")
  }

  /// Seconds of sound that are one moment.
  private static let moment = 0.01

  /// Writes those of some files of the set, numbered in this order. Throws a `FileError` if it
  /// can't.
  func write(_ paths: [String]) throws {
    try Folder.make(folder)
    let files = Dictionary(
      zip(examples.paths, examples.paths.indices), uniquingKeysWith: { first, _ in first })
    for (n, path) in paths.enumerated() {
      guard let file = files[path] else { continue }
      let kind = examples.labels.map { examples.classes[$0[file]] + "-" } ?? ""
      let name = kind + URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
      let prefix = Folder.path(folder, String(format: "%04d-", n + 1) + name.prefix(60))
      let map = try SurpriseMap(ofFile: file, in: examples, by: glow)
      if let sounds = examples as? SoundSet {
        try write(map, of: sounds.sound(file), to: prefix)
      } else {
        let image =
          try (examples as? ImageTiles)?.image(file) ?? (examples as? ImageSet)?.image(file)
        guard let image else { continue }
        let grid = Grid(
          x: 0...Double(map.width), y: 0...Double(map.height), columns: map.width,
          values: map.bottomUp)
        try Figure.surprise(image, grid, title: name).write(to: prefix + ".png")
        try TableWriter.write(
          to: prefix + ".npy", columns: (1...map.width).map { "\($0)" }, as: .float32
        ) { writer in
          for y in 0..<map.height {
            try writer.append(Array(map.values[y * map.width..<(y + 1) * map.width]))
          }
        }
      }
    }
  }

  private func write(_ map: SurpriseMap, of sound: Sound, to prefix: String) throws {
    let rate = Double(sound.rate)
    let moments = map.moments(of: max(1, Int((Self.moment * rate).rounded())))
    let channels = Double(sound.channels)
    try TableWriter.write(
      to: prefix + ".csv", columns: ["start_seconds", "end_seconds", "bits_per_sample"],
      as: .float64
    ) { writer in
      for (columns, mean) in moments {
        try writer.append([
          Double(columns.lowerBound) / rate, Double(columns.upperBound) / rate, mean / channels,
        ])
      }
    }
    let samples = (0..<sound.frames).map { Double(sound.samples[$0 * sound.channels]) / 32768 }
    try Figure.surprise(
      waveform: samples, rate: rate,
      moments: Grid(
        x: 0...Double(map.width) / rate, y: 0...1, columns: moments.count,
        values: moments.map { $0.mean / channels }),
      title: URL(fileURLWithPath: prefix).lastPathComponent
    ).write(to: prefix + ".png")
  }
}

extension SurpriseMap {
  /// The rows from the lowest on.
  fileprivate var bottomUp: [Double] {
    (0..<height).reversed().flatMap { values[$0 * width..<($0 + 1) * width] }
  }
}
