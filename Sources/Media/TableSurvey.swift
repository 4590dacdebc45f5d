import Foundation

/// What a table's numbers are like, before a density is learned from them.
///
/// Whole numbers, few values and repeated rows matter, as a continuous density can be as large as
/// it likes at points that come again; constant and copied columns, as it can at the plane that all
/// rows are on.
public struct TableSurvey: Sendable {
  /// The facts of one column.
  public struct Column: Sendable {
    /// Its name.
    public let name: String
    /// Its smallest value.
    public internal(set) var minimum = Double.infinity
    /// Its largest value.
    public internal(set) var maximum = -Double.infinity
    /// The mean of its values.
    public internal(set) var mean = 0.0
    /// The root of the mean squared distance from the mean.
    public internal(set) var standardDeviation = 0.0
    /// Whether all values are whole numbers.
    public internal(set) var isWhole = true
    /// How many values are more than ten times the quartiles' distance beyond a quartile.
    public internal(set) var outliers = 0
    /// How many of `sampled` values, evenly from all rows, are different.
    public internal(set) var distinct = 0
    /// How many values were sorted for the quartiles and `distinct`: all, or 65,536 at most.
    public internal(set) var sampled = 0
    /// How many float32 numbers there are from one quartile to the other, once the column is
    /// brought to mean 0 and deviation 1; infinite where the quartiles are one.
    public internal(set) var float32Steps = Double.infinity
  }

  /// A column that is slope · original + offset of an earlier one, to 1e-6 of its values.
  public struct Duplicate: Sendable, Equatable {
    /// The later column, by its index.
    public let column: Int
    /// The first column that it is a copy of, by its index.
    public let original: Int
    /// What the original is multiplied by.
    public let slope: Double
    /// What is added then.
    public let offset: Double
    /// Whether it is the same number in each row.
    public var isIdentical: Bool { slope == 1 && offset == 0 }
  }

  /// A column that is a sum of multiples of earlier ones, offset + Σ factor · column, to 1e-6 of
  /// its values.
  public struct Dependence: Sendable, Equatable {
    /// One of the sum.
    public struct Term: Sendable, Equatable {
      /// The earlier column, by its index.
      public let column: Int
      /// What it is multiplied by.
      public let factor: Double
    }

    /// The later column, by its index.
    public let column: Int
    /// What is added up: two or more.
    public let terms: [Term]
    /// What is added then.
    public let offset: Double
  }

  /// How many rows there are.
  public let rows: Int
  /// How many rows lacked a value and were left out.
  public let dropped: Int
  /// The facts of each column.
  public let columns: [Column]
  /// Columns that are copies of others.
  public let duplicates: [Duplicate]
  /// Columns that are sums of others, of the first 256 that are neither constant nor copies.
  public let dependences: [Dependence]
  /// How many rows are different.
  public let distinctRows: Int
  /// How often the most frequent row comes.
  public let mostRepeats: Int

  /// Goes through the table a few times and sorts a hash of each row.
  public init(_ table: Table) {
    rows = table.rows
    dropped = table.dropped
    columns = Self.columns(of: table)
    (distinctRows, mostRepeats) = Self.repetitions(in: table)
    duplicates = Self.duplicates(in: table, columns)
    dependences = Self.dependences(in: table, columns, apartFrom: Set(duplicates.map(\.column)))
  }

  /// Columns with one value only, by their indices.
  public var constant: [Int] { columns.indices.filter { isConstant($0) } }
  /// Columns of whole numbers, not constant, by their indices.
  public var integers: [Int] { columns.indices.filter { columns[$0].isWhole && !isConstant($0) } }
  /// Columns, neither constant nor whole, with more than two rows to each value, by their indices.
  public var coarse: [Int] {
    columns.indices.filter {
      2 * columns[$0].distinct < columns[$0].sampled && !columns[$0].isWhole && !isConstant($0)
    }
  }
  /// Columns with outliers, by their indices.
  public var heavyTailed: [Int] { columns.indices.filter { columns[$0].outliers > 0 } }
  /// Columns whose values float32 hardly tells apart beside those far out, by their indices.
  public var unresolved: [Int] { columns.indices.filter { columns[$0].float32Steps < 1000 } }
  /// How many rows are equal to an earlier one.
  public var repeatedRows: Int { rows - distinctRows }
  /// Whether there are too few rows even for a plane through them.
  public var hasMoreColumnsThanRows: Bool { columns.count > rows }

  private func isConstant(_ column: Int) -> Bool {
    columns[column].minimum == columns[column].maximum
  }
}

extension TableSurvey {
  private static let sampleSize = 1 << 16

  private static func columns(of table: Table) -> [Column] {
    let width = table.columns.count
    let count = Double(table.rows)
    var columns = table.columns.map { Column(name: $0) }
    guard table.rows > 0 else { return columns }
    var fences = [(low: Double, high: Double)](repeating: (0, 0), count: width)

    table.values.withUnsafeBufferPointer { values in
      for j in 0..<width {
        var column = columns[j]
        let origin = values[j]
        var sum = 0.0
        for i in stride(from: j, to: values.count, by: width) {
          let value = values[i]
          column.minimum = min(column.minimum, value)
          column.maximum = max(column.maximum, value)
          sum += value - origin
          if column.isWhole && value.rounded(.towardZero) != value { column.isWhole = false }
        }
        column.mean = origin + sum / count

        let step = max(1, (table.rows + sampleSize - 1) / sampleSize)
        let sample = stride(from: j, to: values.count, by: step * width).map { values[$0] }.sorted()
        column.sampled = sample.count
        column.distinct = 1 + zip(sample, sample.dropFirst()).count { $0 != $1 }
        let (low, high) = (
          sample[sample.count / 4], sample[min(sample.count - 1, sample.count * 3 / 4)]
        )
        let reach = 10 * (high - low)
        fences[j] = reach > 0 ? (low - reach, high + reach) : (-.infinity, .infinity)

        var squares = 0.0
        for i in stride(from: j, to: values.count, by: width) {
          let value = values[i]
          squares += (value - column.mean) * (value - column.mean)
          if value < fences[j].low || value > fences[j].high { column.outliers += 1 }
        }
        let deviation = (squares / count).squareRoot()
        column.standardDeviation = deviation
        let farther = max(abs(low - column.mean), abs(high - column.mean)) / deviation
        if high > low, farther.isFinite {
          column.float32Steps = (high - low) / deviation / Double(Float(farther).ulp)
        }
        columns[j] = column
      }
    }
    return columns
  }

  /// How many rows are different, and how often the most frequent one comes, by 64-bit hashes.
  private static func repetitions(in table: Table) -> (distinct: Int, most: Int) {
    let width = table.columns.count
    var hashes = [UInt64](repeating: 0, count: table.rows)
    table.values.withUnsafeBufferPointer { values in
      for row in hashes.indices {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
        for value in values[row * width..<(row + 1) * width] {
          // Adding 0 makes −0 and 0 the same.
          hash = (hash ^ (value + 0).bitPattern) &* 0xBF58_476D_1CE4_E5B9
          hash ^= hash >> 29
        }
        hash = hash &* 0x94D0_49BB_1331_11EB
        hashes[row] = hash ^ hash >> 32
      }
    }
    hashes.sort()
    var (distinct, most, run) = (0, 0, 0)
    for i in hashes.indices {
      let isNew = i == 0 || hashes[i] != hashes[i - 1]
      distinct += isNew ? 1 : 0
      run = isNew ? 1 : run + 1
      most = max(most, run)
    }
    return (distinct, most)
  }

  /// Copies have four random projections in common first, then are compared row by row.
  private static func duplicates(in table: Table, _ columns: [Column]) -> [Duplicate] {
    // Any two points are on a line.
    guard table.rows > 2 else { return [] }
    let projections = projections(of: table, columns)
    let sizes = projections.map { abs($0[0]) + abs($0[1]) + abs($0[2]) + abs($0[3]) }
    let usable = columns.indices.filter {
      columns[$0].minimum < columns[$0].maximum && sizes[$0].isFinite
    }
    let tolerance = 1e-3

    // By size, whatever the sign, so that only neighbours can be alike.
    var groups: [[Int]] = []
    var firstNear = 0
    for j in usable.sorted(by: { sizes[$0] < sizes[$1] }) {
      while firstNear < groups.count, sizes[j] - sizes[groups[firstNear][0]] > 4 * tolerance {
        firstNear += 1
      }
      let group = groups[firstNear...].firstIndex { group in
        let (x, y) = (projections[group[0]], projections[j])
        return (largest(x - y) < tolerance || largest(x + y) < tolerance)
          && copy(j, of: group[0], in: table) != nil
      }
      if let group { groups[group].append(j) } else { groups.append([j]) }
    }
    return groups.flatMap { group -> [Duplicate] in
      let inOrder = group.sorted()
      return inOrder.dropFirst().compactMap { copy($0, of: inOrder[0], in: table) }
    }
    .sorted { $0.column < $1.column }
  }

  private static func largest(_ values: SIMD4<Double>) -> Double {
    max(values.max(), -values.min())
  }

  /// Σ w·z of each standardised column, for four times N weights of variance 1/N.
  private static func projections(of table: Table, _ columns: [Column]) -> [SIMD4<Double>] {
    let width = columns.count
    var sums = [SIMD4<Double>](repeating: .zero, count: width)
    table.values.withUnsafeBufferPointer { values in
      var state: UInt64 = 1
      for row in 0..<table.rows {
        var weights = SIMD4<Double>.zero
        for k in 0..<4 {
          state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
          weights[k] = Double(Int32(truncatingIfNeeded: state >> 32)) * 0x1p-31
        }
        for j in 0..<width {
          sums[j] += weights * (values[row * width + j] - columns[j].mean)
        }
      }
    }
    let scale = (3 / Double(table.rows)).squareRoot()
    return columns.indices.map { sums[$0] * (scale / columns[$0].standardDeviation) }
  }

  /// The line through the rows where the original is least and greatest, if all rows are on it.
  private static func copy(_ column: Int, of original: Int, in table: Table) -> Duplicate? {
    let width = table.columns.count
    let values = table.values
    let starts = stride(from: 0, to: values.count, by: width)
    guard let low = starts.min(by: { values[$0 + original] < values[$1 + original] }),
      let high = starts.max(by: { values[$0 + original] < values[$1 + original] })
    else { return nil }
    let (x, y) = (values[low + original], values[low + column])
    if starts.allSatisfy({ values[$0 + original] == values[$0 + column] }) {
      return Duplicate(column: column, original: original, slope: 1, offset: 0)
    }
    let slope = (values[high + column] - y) / (values[high + original] - x)
    // Of each value, not of the range: one far out must not hide all others.
    guard slope != 0,
      starts.allSatisfy({ start in
        let (value, step) = (values[start + column], slope * (values[start + original] - x))
        return abs(value - (y + step)) <= 1e-6 * (abs(value) + abs(y) + abs(step))
      })
    else { return nil }
    return Duplicate(column: column, original: original, slope: slope, offset: y - slope * x)
  }
}
