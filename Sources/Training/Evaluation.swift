import Foundation
import Media
import Models
import Tensors

/// How well a model knows each file of a set.
public struct Evaluation: Sendable {
  /// What a file came to.
  public struct Score: Sendable {
    /// Where the file is.
    public let path: String
    /// Bits/dim over all of the file that was scored.
    public let bitsPerDimension: Double
    /// What one draw of the noise gives, in the mean over the draws; an upper bound.
    public let bound: Double
    /// Dimensions scored: H·W·C, or samples · channels.
    public let dimensions: Int
  }

  /// The scores in the set's order; a file that can't be read has none.
  public let scores: [Score]
  /// Noise draws of each window, combined by log-mean-exp.
  public let draws: Int
  /// The files that could not be read.
  public let bad: [FileError]

  /// Dimensions scored in all.
  public var dimensions: Int { scores.reduce(0) { $0 + $1.dimensions } }

  /// The mean over dimensions; as all images have as many, that over images.
  public var mean: Double {
    scores.reduce(0) { $0 + $1.bitsPerDimension * Double($1.dimensions) } / Double(dimensions)
  }

  /// The mean of the bounds that single draws give; it is no less than `mean`.
  public var bound: Double {
    scores.reduce(0) { $0 + $1.bound * Double($1.dimensions) } / Double(dimensions)
  }

  /// The standard error of the mean over files, each with the weight of its dimensions:
  ///
  ///     √( n/(n−1) Σ wᵢ² (bᵢ − mean)² ),  wᵢ = Dᵢ/ΣD
  ///
  /// Nil of one file, where it is unknown.
  public var standardError: Double? {
    guard scores.count > 1 else { return nil }
    let (mean, n) = (mean, Double(scores.count))
    let total = Double(dimensions)
    let squares = scores.reduce(0.0) { sum, score in
      let deviation = Double(score.dimensions) / total * (score.bitsPerDimension - mean)
      return sum + deviation * deviation
    }
    return (squares * n / (n - 1)).squareRoot()
  }

  /// A batch of windows of one width that was scored.
  public struct Scored: Sendable {
    /// Columns, or frames.
    public let width: Int
    /// N,H,W,C.
    public let samples: [Int16]
    /// The noise of the first draw, N,H,W,C.
    public let noise: Tensor
    /// The class of each window; nil of a model without classes.
    public let labels: [Int]?
    /// What the model was told of each window, [N, 1, F, B]; nil of one that is told nothing.
    public let condition: Tensor?
    /// Bits/dim of each window.
    public let bitsPerDimension: [Double]
  }

  /// Scores every window of every file, or `most` of them that are spread evenly. The noise of a
  /// window in draw k depends on seed, k and the window's place in the set alone, so results do not
  /// depend on how windows are batched. All files are of class `label`, if it is given, else of
  /// that of their folder. `observe` sees each batch; of several ranks, which share them out, each
  /// its own, while all come to the same scores.
  ///
  /// Throws a `FileError` if more than one file in ten can't be read, or a class is not one of the
  /// model's.
  public init(
    of glow: Glow, on examples: any ExampleSet, draws: Int = 1, seed: UInt64 = 0,
    most: Int = .max, label: Int? = nil, over ranks: any Communicator = Alone(),
    observe: (Scored) throws -> Void = { _ in }
  ) throws {
    precondition(draws > 0)
    let c = glow.configuration
    precondition(label.map(c.classes.indices.contains) ?? true, "the model has the class")
    let labels =
      try label.map { [Int](repeating: $0, count: examples.paths.count) }
      ?? Self.labels(of: examples, for: c)
    let scorer = WindowScorer(
      glow: glow, told: ConditionSource(c, examples), labels: labels, draws: draws, seed: seed)
    var totals = [(logLikelihood: Double, bound: Double, dimensions: Int)](
      repeating: (0, 0, 0), count: examples.paths.count)
    var bad: [Int: FileError] = [:]
    let groups = Self.batches(of: examples.windows, most, for: c)
    var share = EvaluationShare()
    for (number, group) in groups.enumerated() where number % ranks.size == ranks.rank {
      let size = c.height * group.width * c.channels
      let read = try examples.read(group.windows, size: size, bad: &bad) {
        try scorer.told?.values(of: [$0]) ?? []
      }
      if read.windows.isEmpty { continue }
      let condition = scorer.condition(read)
      let (logLikelihoods, bounds, noise) = scorer.score(read, width: group.width, condition)
      let first = group.windows.startIndex
      let places = read.windows.compactMap { one in
        group.windows.firstIndex { $0.place == one.place }.map { $0 - first }
      }
      share.batches.append(
        .init(
          number: number, windows: places, bits: logLikelihoods.map(\.bitPattern),
          boundBits: bounds.map(\.bitPattern)))
      try observe(
        Scored(
          width: group.width, samples: read.samples, noise: noise,
          labels: scorer.labels(of: read.windows), condition: condition,
          bitsPerDimension: logLikelihoods.map { c.format.bitsPerDimension($0, dimensions: size) }))
    }
    if ranks.size > 1 { share.add(bad) }
    let shares = try ranks.all(share)
    for one in shares.flatMap(\.bad) where bad[one.file] == nil {
      bad[one.file] = one.error(examples.paths)
    }
    // in the order of one process that scores them all
    for batch in shares.flatMap(\.batches).sorted(by: { $0.number < $1.number }) {
      let group = groups[batch.number]
      for (n, place) in batch.windows.enumerated() {
        let file = group.windows[group.windows.startIndex + place].window.file
        totals[file].logLikelihood += Double(bitPattern: batch.bits[n])
        totals[file].bound += Double(bitPattern: batch.boundBits[n])
        totals[file].dimensions += c.height * group.width * c.channels
      }
    }
    scores = zip(examples.paths, totals).enumerated().compactMap { file, entry in
      let (path, total) = entry
      guard bad[file] == nil, total.dimensions > 0 else { return nil }
      return Score(
        path: path,
        bitsPerDimension: c.format.bitsPerDimension(
          total.logLikelihood, dimensions: total.dimensions),
        bound: c.format.bitsPerDimension(total.bound, dimensions: total.dimensions),
        dimensions: total.dimensions)
    }
    self.bad = bad.sorted { $0.key < $1.key }.map(\.value)
    self.draws = draws
    if scores.isEmpty { throw self.bad.first ?? Self.nothingToScore(examples) }
  }

  private static func nothingToScore(_ examples: any ExampleSet) -> FileError {
    FileError(
      path: examples.paths.first ?? "", reason: "is too short to score, as are the others",
      kind: .malformed)
  }

  /// A window, and the number of dimensions in the windows before it.
  package typealias Placed = (window: ExampleWindow, place: Int)

  /// The windows with their places.
  package static func placed(_ windows: [ExampleWindow], for c: GlowConfiguration) -> [Placed] {
    var place = 0
    return windows.map { window in
      defer { place += c.height * window.width * c.channels }
      return (window, place)
    }
  }

  /// The windows by width, in batches that keep the activations within some tens of megabytes.
  package static func batches(
    of windows: [ExampleWindow], _ most: Int = .max, for c: GlowConfiguration
  ) -> [(width: Int, windows: ArraySlice<Placed>)] {
    let placed = placed(windows, for: c)
    let chosen =
      placed.count <= most ? placed : (0..<most).map { placed[$0 * placed.count / most] }
    let byWidth = Dictionary(grouping: chosen, by: \.window.width)
    return byWidth.sorted { $0.key > $1.key }.flatMap { width, windows in
      stride(from: 0, to: windows.count, by: batch(c, width: width)).map {
        (width, windows[$0..<min($0 + batch(c, width: width), windows.count)])
      }
    }
  }

  /// As many examples at once as keep the hidden activations within a few tens of megabytes.
  static func batch(_ c: GlowConfiguration, width: Int? = nil) -> Int {
    let positions = c.height * (width ?? c.width) / (c.squeeze.height * c.squeeze.width)
    let layers =
      switch c.medium {
      case .images: 1
      case .sound(_, let layers): 3 * layers
      }
    return max(1, min(64, (16 << 20) / max(1, positions * c.hidden * layers)))
  }

  /// The model's class numbers of a set's files, by name.
  static func labels(of examples: any ExampleSet, for c: GlowConfiguration) throws -> [Int]? {
    guard !c.classes.isEmpty else { return nil }
    guard let labels = examples.labels else {
      throw FileError(
        path: examples.paths.first ?? "",
        reason: "lies in no class folder, and the model has classes",
        kind: .malformed)
    }
    let numbers = examples.classes.map { c.classes.firstIndex(of: $0) }
    return try labels.enumerated().map { i, label in
      guard let number = numbers[label] else {
        throw FileError(
          path: examples.paths[i],
          reason: "is of class \(examples.classes[label]), not in the model", kind: .malformed)
      }
      return number
    }
  }
}
