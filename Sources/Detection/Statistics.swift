import Media
import Training

/// What one pass of a model says about the files of a set, or the rows of a table: a row of numbers
/// each; of an image in tiles, a row a tile.
public struct Statistics: Sendable {
  enum Name {
    /// Bits a dimension, or of a table's row in all.
    static let bits = "bits"
    /// What PNG or FLAC needs for the same, bits a dimension.
    static let size = "size"
    /// What the name of a table's latent begins with.
    static let latent = "latent "
    /// How far the distribution of the latents is from N(0, 1).
    static let fit = "fit"
  }

  /// What the columns are.
  public let names: [String]
  /// Row after row, a number a column.
  let values: [Double]
  /// The files, or rows of the table, each by its path or its number from 1.
  public let items: [String]
  /// The folder below the one that was read in which each file lies; nil where not all lie in one.
  public let kinds: [String]?
  /// The dimensions of each file that were scored, or columns of each row.
  let dimensions: [Int]
  /// How many rows each file has.
  let counts: [Int]
  /// The files that could not be read.
  public let bad: [FileError]

  init(
    names: [String], values: [Double], items: [String], kinds: [String]? = nil,
    dimensions: [Int]? = nil, counts: [Int]? = nil, bad: [FileError] = []
  ) {
    let counts = counts ?? Array(repeating: 1, count: items.count)
    precondition(
      counts.count == items.count && values.count == names.count * counts.reduce(0, +)
        && kinds?.count ?? items.count == items.count)
    (self.names, self.values, self.items, self.kinds) = (names, values, items, kinds)
    (self.counts, self.bad) = (counts, bad)
    self.dimensions = dimensions ?? Array(repeating: 1, count: items.count)
  }

  /// The first file with a number that is none.
  var firstNotFinite: String? {
    guard let place = values.firstIndex(where: { !$0.isFinite }) else { return nil }
    return zip(items, rowsOfFiles).first { $1.contains(place / names.count) }?.0
  }

  /// Rows in all.
  var rowCount: Int { counts.reduce(0, +) }

  /// Which rows each file has.
  var rowsOfFiles: [Range<Int>] {
    var first = 0
    return counts.map { count in
      defer { first += count }
      return first..<first + count
    }
  }

  /// Some of the columns of each row, row after row.
  func columns(_ chosen: [String]) -> [Double] {
    let indices = chosen.map { name in
      guard let index = names.firstIndex(of: name) else { preconditionFailure("no \(name)") }
      return index
    }
    return (0..<rowCount).flatMap { row in indices.map { values[row * names.count + $0] } }
  }

  /// The least and the most dimensions of a file.
  public var span: ClosedRange<Int> { (dimensions.min() ?? 0)...(dimensions.max() ?? 0) }

  /// How many files have fewer dimensions, or more.
  public func count(outside span: ClosedRange<Int>) -> Int {
    dimensions.count { !span.contains($0) }
  }

  /// The mean over each file's rows of a column.
  public func means(_ name: String) -> [Double] {
    let column = columns([name])
    return rowsOfFiles.map { column[$0].reduce(0, +) / Double($0.count) }
  }

  /// The largest over each file's rows of one number a row.
  func largest(_ numbers: [Double]) -> [Double] {
    rowsOfFiles.map { numbers[$0].max() ?? -.infinity }
  }
}

extension [Double] {
  /// Rows of this width, one behind the other.
  func rows(width: Int) -> [ArraySlice<Double>] {
    indices.pieces(of: width).map { self[$0] }
  }
}
