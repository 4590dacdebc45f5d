import Media
import Models
import Training

/// What known-good files score, which p-values are made of.
///
///     p = (1 + files that score as much or more) / (1 + files)
///
/// A distance is that from the other files: a file's own rows are taken out of the Gaussian first,
/// in which columns are scaled by their quartiles and no number lies farther out than eight of
/// them. So of files like these, a part of at most p has so small a p, whatever the model.
public struct Calibration: Sendable {
  /// Of the known-good files.
  public let statistics: Statistics
  /// What it was made with: a calibration of anything else says nothing.
  public let source: Source
  private let judges: [Score: Judge]

  /// Fewer files tell nothing.
  public static let fewestFiles = 20

  /// What a calibration belongs to.
  public struct Source: Codable, Equatable, Sendable {
    /// The fingerprint of the model's weights.
    public var model: String
    /// Bits a sample, where samples are integers.
    public var bits: Int?
    /// The size of the tiles that images were cut into; nil where they were not.
    public var tile: [Int]?
    /// Where the known-good files are.
    public var path: String
    /// The fewest and the most numbers that were scored of a file, where files may differ in that:
    /// of sounds, and of images in tiles.
    public var span: [Int]?

    /// Of a model, by files at this path.
    public init(_ model: any Model, tile: [Int]? = nil, path: String) {
      self.model = model.fingerprint
      bits = (model as? Glow)?.configuration.bits
      (self.tile, self.path) = (tile, path)
    }
  }

  /// Throws a `FileError` if there are too few, or of one nothing can be said.
  public init(_ statistics: Statistics, _ source: Source) throws {
    func malformed(_ reason: String) -> FileError {
      FileError(path: source.path, reason: reason, kind: .malformed)
    }
    guard statistics.items.count >= Self.fewestFiles else {
      throw malformed(
        "holds \(statistics.items.count) known-good examples; at least \(Self.fewestFiles) are needed"
      )
    }
    if let item = statistics.firstNotFinite {
      throw FileError(
        path: source.path, reason: "\(item): the model gives it no finite likelihood",
        kind: .malformed)
    }
    (self.statistics, self.source) = (statistics, source)
    judges = Dictionary(
      uniqueKeysWithValues: Score.all(of: statistics).map { ($0, Judge($0, statistics)) })
  }

  /// The scores that there are.
  public var scores: [Score] { Score.all(of: statistics) }

  /// What the known-good files score, from the least.
  public func known(_ score: Score) -> [Double] { judges[score]?.known ?? [] }

  /// What files score: that of the row that scores most.
  public func score(_ score: Score, of tested: Statistics) -> [Double] {
    precondition(tested.names == statistics.names, "statistics of the same kind of model")
    return judges[score]?.score(tested) ?? []
  }

  /// How often a known-good file scores as much or more.
  public func p(_ value: Double, _ score: Score) -> Double {
    let known = known(score)
    // the first that is not less
    var (low, high) = (0, known.count)
    while low < high {
      let middle = (low + high) / 2
      if known[middle] < value { low = middle + 1 } else { high = middle }
    }
    return Double(1 + known.count - low) / Double(1 + known.count)
  }

  /// Whether known-good files are enough for an alarm: 1 in 1,000 needs more than 1,000.
  public func allows(alarm: Double) -> Bool { alarm * Double(statistics.items.count) > 1 }

  /// The known-good files that are far from all the others, so that one may ask whether they are
  /// good.
  public var farOut: [String] {
    guard let judge = judges[.combined] else { return [] }
    let most = 4 * judge.known[judge.known.count / 2]
    return zip(statistics.items, judge.own).filter { $1 > most }.map(\.0)
  }

  /// The least that raises an alarm: a score with p at most `alarm`. Infinite where nothing can.
  public func threshold(_ score: Score, alarm: Double) -> Double {
    known(score).first { p($0.nextUp, score) <= alarm }?.nextUp ?? .infinity
  }
}

/// How one score is made.
private struct Judge: Sendable {
  let score: Score
  /// Of a distance: what rows are brought to first.
  let distance: (scales: ColumnScales, gaussian: GaussianDistance)?
  /// What each known-good file scores.
  let own: [Double]
  /// The same from the least.
  let known: [Double]

  init(_ score: Score, _ statistics: Statistics) {
    self.score = score
    let columns = score.columns(of: statistics)
    if score.isDistance {
      (distance, own) = Self.distance(statistics, columns)
    } else {
      (distance, own) = (nil, Self.values(score, statistics, columns))
    }
    known = own.sorted()
  }

  /// The Gaussian through all files' rows, and the distance of each file from the others.
  private static func distance(_ statistics: Statistics, _ columns: [String]) -> (
    (scales: ColumnScales, gaussian: GaussianDistance), [Double]
  ) {
    let (raw, width) = (statistics.columns(columns), columns.count)
    let scales = ColumnScales(of: raw, width: width)
    let all = scales.scaled(raw).rows(width: width)
    let rows = statistics.rowsOfFiles.map { all[$0] }
    let own = rows.map { rows in
      var moments = Moments(width: width)
      for row in rows { moments.add(ColumnScales.held(row)) }
      return moments
    }
    var sum = Moments(width: width)
    for moments in own { sum += moments }
    let distances = zip(rows, own).map { rows, own in
      let others = GaussianDistance(sum - own)
      return rows.map { others($0) }.max() ?? 0
    }
    return ((scales, GaussianDistance(sum)), distances)
  }

  func score(_ tested: Statistics) -> [Double] {
    let columns = score.columns(of: tested)
    guard let distance else { return Self.values(score, tested, columns) }
    let rows = distance.scales.scaled(tested.columns(columns)).rows(width: columns.count)
    return tested.largest(rows.map { distance.gaussian($0) })
  }

  private static func values(_ score: Score, _ statistics: Statistics, _ columns: [String])
    -> [Double]
  {
    statistics.largest(
      statistics.columns(columns).rows(width: columns.count).map { row in
        let value = score.value(row)
        return value.isNaN ? .infinity : value
      })
  }
}
