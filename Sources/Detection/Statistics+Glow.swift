import Foundation
import Media
import Models
import Tensors
import Training

extension Statistics {
  /// Of every file of a set, by one pass of a model of images or sounds: a row a window of an
  /// image, a row a sound. Every window that begins at a column has the same noise, so that no
  /// file's numbers depend on the others. A model with classes takes each as of the likeliest.
  ///
  /// Throws a `FileError` if more than one file in ten can't be read.
  public init(of glow: Glow, on examples: any ExampleSet, seed: UInt64 = 0) throws {
    let c = glow.configuration
    let windows = examples.windows
    let noise = RandomStream(seed: seed, .validationNoise)
    var gathered = Gathered(windows, c)
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
      let rows = try Self.rows(
        glow, glow.dequantize(read.samples, noise: u),
        read.samples.indices.pieces(of: size).map { read.samples[$0] }, c.format,
        read.windows.map { examples.paths[$0.window.file] })
      for (row, placed) in zip(rows, read.windows) { gathered.add(row, of: placed) }
    }
    let files = gathered.files.filter { bad[$0] == nil }
    self.init(
      names: Self.names(c), values: files.flatMap { gathered.numbers(ofFile: $0) },
      items: files.map { examples.paths[$0] },
      kinds: examples.labels.map { labels in files.map { examples.classes[labels[$0]] } },
      dimensions: files.map { gathered.dimensions(ofFile: $0) },
      counts: files.map { gathered.rows(ofFile: $0) },
      bad: bad.sorted { $0.key < $1.key }.map(\.value))
    if items.isEmpty {
      throw self.bad.first
        ?? FileError(
          path: examples.paths.first ?? "", reason: "is too short to score, as are the others",
          kind: .malformed)
    }
  }

  /// The rows of files as they come: of images their numbers at once, of sounds when all windows
  /// are in.
  private struct Gathered {
    private let c: GlowConfiguration
    private let windows: [ExampleWindow]
    /// Each file's windows.
    private let own: [Int: Range<Int>]
    private let indexOfPlace: [Int: Int]
    private var numbers: [[Double]]
    private var sounds: [Int: Row] = [:]

    init(_ windows: [ExampleWindow], _ c: GlowConfiguration) {
      (self.windows, self.c) = (windows, c)
      var own: [Int: Range<Int>] = [:]
      for (i, window) in windows.enumerated() {
        own[window.file] = (own[window.file]?.lowerBound ?? i)..<i + 1
      }
      self.own = own
      indexOfPlace = Dictionary(
        uniqueKeysWithValues: Evaluation.placed(windows, for: c).enumerated().map {
          ($1.place, $0)
        })
      numbers = Array(repeating: [], count: c.medium.isSound ? 0 : windows.count)
    }

    mutating func add(_ row: Row, of placed: Evaluation.Placed) {
      if c.medium.isSound {
        sounds[placed.window.file, default: Row(levels: c.levels)] += row
      } else if let index = indexOfPlace[placed.place] {
        numbers[index] = row.numbers(c.format)
      }
    }

    /// In the order of the set.
    var files: [Int] { own.keys.sorted() }

    func rows(ofFile file: Int) -> Int { c.medium.isSound ? 1 : own[file]?.count ?? 0 }

    func dimensions(ofFile file: Int) -> Int {
      windows[own[file] ?? 0..<0].reduce(0) { $0 + c.height * $1.width * c.channels }
    }

    func numbers(ofFile file: Int) -> [Double] {
      c.medium.isSound
        ? sounds[file]?.numbers(c.format) ?? []
        : numbers[own[file] ?? 0..<0].flatMap(\.self)
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

  /// What the columns are called.
  static func names(_ c: GlowConfiguration) -> [String] {
    [Name.bits, Name.size, Name.fit]
      + (1...c.levels).flatMap { LatentSums.names(level: $0, areSounds: c.medium.isSound) }
  }

  /// A row for each example of a batch.
  private static func rows(
    _ glow: Glow, _ drawn: Glow.Dequantized, _ samples: [ArraySlice<Int16>],
    _ format: ExampleFormat,
    _ paths: [String]
  ) throws -> [Row] {
    let terms = glow.terms(drawn)
    let shapes = terms.map(\.standardized.shape)
    let latents = terms.map(\.standardized.elements)
    return try ThreadPool.map(drawn.x.examples) { n in
      Result {
        var row = Row(levels: terms.count)
        for (level, shape) in shapes.enumerated() {
          let size = shape[1] * shape[2] * shape[3]
          row.levels[level] = latents[level].withUnsafeBufferPointer {
            LatentSums(
              UnsafeBufferPointer(rebasing: $0[n * size..<(n + 1) * size]), height: shape[1],
              width: shape[2], channels: shape[3])
          }
          row.levels[level].logDet = terms[level].logDet[n]
          row.levels[level].logDensity = terms[level].logDensity[n]
        }
        row.dimensions = Double(samples[n].count)
        row.packedBits =
          8 * Double(try format.packedBytes(samples[n], width: drawn.x.shape[2], paths[n]))
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
