import Foundation
import Media
import Models
import Tensors
import Training

extension Statistics {
  /// Of every file of a set, by one pass of a model of images or sounds: a row a window of an image, a
  /// row a sound. The noise of a window depends on its place in its file alone, so that no file's
  /// numbers depend on the others. A model with classes takes each as of the likeliest.
  ///
  /// Throws a `FileError` if more than one file in ten can't be read.
  public init(of glow: Glow, on examples: any ExampleSet, seed: UInt64 = 0) throws {
    let c = glow.configuration
    let isSound = c.medium.isSound
    let windows = examples.windows
    let noise = RandomStream(seed: seed, .validationNoise)
    let rows = Dictionary(
      uniqueKeysWithValues: Evaluation.placed(windows, for: c).enumerated().map {
        ($1.place, isSound ? $1.window.file : $0)
      })
    var sums: [Int: Row] = [:]
    var bad: [Int: FileError] = [:]
    for group in Evaluation.batches(of: windows, for: c) {
      let size = c.height * group.width * c.channels
      let read = try examples.read(group.windows, size: size, bad: &bad)
      if read.windows.isEmpty { continue }
      let u = Tensor.concatenatedExamples(
        read.windows.map {
          noise.uniform(
            [1, c.height, group.width, c.channels], from: $0.window.start * c.height * c.channels)
        })
      let x = Tensor.dequantized(read.samples, noise: u, on: c.grid)
      let scored = try Self.rows(
        glow, x, read.samples.pieces(of: size), c.format,
        examples.paths[read.windows[0].window.file])
      for (row, placed) in zip(scored, read.windows) {
        if let index = rows[placed.place] {
          sums[index, default: Row(levels: c.levels)] += row
        }
      }
    }
    let own = Dictionary(grouping: windows.indices, by: { windows[$0].file })
      .filter { bad[$0.key] == nil }.mapValues { isSound ? [windows[$0[0]].file] : $0 }
    let files = own.keys.sorted()
    self.init(
      names: Self.names(c),
      values: files.flatMap { own[$0] ?? [] }.flatMap { sums[$0]?.numbers(c.format) ?? [] },
      items: files.map { examples.paths[$0] },
      kinds: examples.labels.map { labels in files.map { examples.classes[labels[$0]] } },
      dimensions: files.map { file in
        (own[file] ?? []).reduce(0) { $0 + Int(sums[$1]?.dimensions ?? 0) }
      },
      counts: files.map { own[$0]?.count ?? 0 },
      bad: bad.sorted { $0.key < $1.key }.map(\.value))
    if items.isEmpty {
      throw self.bad.first
        ?? FileError(
          path: examples.paths.first ?? "", reason: "is too short to score, as are the others",
          kind: .malformed)
    }
  }

  /// What is summed up of a row.
  private struct Row {
    var levels: [LatentSums]
    var dimensions = 0.0
    /// What PNG or FLAC needs.
    var packedBits = 0.0

    init(levels: Int) { self.levels = Array(repeating: LatentSums(), count: levels) }

    static func += (a: inout Row, b: Row) {
      for level in a.levels.indices { a.levels[level] += b.levels[level] }
      a.dimensions += b.dimensions
      a.packedBits += b.packedBits
    }

    func numbers(_ format: ExampleFormat) -> [Double] {
      let logLikelihood = levels.reduce(0) { $0 + $1.logDet + $1.logDensity }
      let bits = format.bitsPerDimension(logLikelihood, dimensions: Int(dimensions))
      return [bits, packedBits / dimensions, LatentSums.fit(levels)]
        + levels.flatMap {
          $0.numbers(dimensions: dimensions, areSounds: format.medium.isSound)
        }
    }
  }

  private static func names(_ c: GlowConfiguration) -> [String] {
    [Name.bits, Name.size, Name.fit]
      + (1...c.levels).flatMap { LatentSums.names(level: $0, areSounds: c.medium.isSound) }
  }

  /// A row for each example of a batch.
  private static func rows(
    _ glow: Glow, _ x: Tensor, _ samples: [ArraySlice<Int16>], _ format: ExampleFormat,
    _ path: String
  ) throws -> [Row] {
    let terms = glow.terms(x)
    let latents = terms.map(\.standardized)
    return try ThreadPool.map(x.examples) { n in
      Result {
        var row = Row(levels: terms.count)
        for (level, u) in latents.enumerated() {
          row.levels[level] = u.withExample(n) {
            LatentSums($0, height: u.shape[1], width: u.shape[2], channels: u.channels)
          }
          row.levels[level].logDet = terms[level].logDet[n]
          row.levels[level].logDensity = terms[level].logDensity[n]
        }
        row.dimensions = Double(samples[n].count)
        row.packedBits = 8 * Double(try format.packedBytes(samples[n], width: x.shape[2], path))
        return row
      }
    }.map { try $0.get() }
  }
}

extension ExampleFormat {
  /// The bytes that a lossless packer makes of an example: PNG of an image, FLAC of a sound.
  fileprivate func packedBytes(_ samples: ArraySlice<Int16>, width: Int, _ path: String) throws
    -> Int
  {
    switch medium {
    case .images:
      try PNG.encodedBytes(
        Image(
          width: width, height: height, channels: channels, pixels: samples.map { UInt8($0) }),
        path)
    case .sound(let rate, _):
      try FLAC.encodedBytes(
        Sound(rate: rate, channels: channels, samples: Array(samples)), path)
    }
  }
}

extension [Int16] {
  fileprivate func pieces(of size: Int) -> [ArraySlice<Int16>] {
    stride(from: 0, to: count, by: size).map { self[$0..<$0 + size] }
  }
}
