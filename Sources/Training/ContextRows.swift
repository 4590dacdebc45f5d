import Media
import Models
import Tensors

/// What a conditional `FlowDensity` is told about each row: its context columns, as the model takes
/// them. Of a model that is told nothing, rows without numbers.
public struct ContextRows: Sendable {
  /// How many rows.
  public let count: Int
  /// The columns as they are in the file, N·K.
  public let values: [Double]
  private let numbers: [Float]
  private let columns, width: Int

  /// The context columns of a table. Throws a `FileError` if it lacks one, or holds a value that
  /// the model has not seen.
  public init(_ table: Table, for c: FlowConfiguration) throws {
    count = table.rows
    (columns, width) = (c.context.count, c.contextWidth)
    values = c.context.isEmpty ? [] : try table.selecting(c.context.map(\.name)).values
    var numbers: [Float] = []
    numbers.reserveCapacity(count * width)
    for row in 0..<count {
      for (i, column) in c.context.enumerated() {
        let value = values[row * columns + i]
        if let problem = column.problem(value) {
          throw FileError(
            path: table.path, reason: "row \(row + 1): \(problem)", kind: .malformed)
        }
        numbers += column.features(value)
      }
    }
    self.numbers = numbers
  }

  /// One row of these values, which the configuration must have no problem with.
  public init(given values: [String: Double], for c: FlowConfiguration) {
    (columns, width, count) = (c.context.count, c.contextWidth, 1)
    self.values = c.context.map { values[$0.name] ?? $0.shift }
    numbers = c.features(given: values)
  }

  /// Rows for a look at the model itself: standard normal numbers, and the values of a few in turn.
  init(drawing count: Int, for c: FlowConfiguration, seed: UInt64) {
    (columns, width, self.count) = (c.context.count, c.contextWidth, count)
    let normal = RandomStream(seed: seed, .initialization).normal([count, max(1, columns)]).elements
    var (values, numbers) = ([Double](), [Float]())
    for row in 0..<count {
      for (i, column) in c.context.enumerated() {
        let value =
          column.values.isEmpty
          ? Double(normal[row * columns + i]) * column.scale + column.shift
          : column.values[row % column.values.count]
        values.append(value)
        numbers += column.features(value)
      }
    }
    (self.values, self.numbers) = (values, numbers)
  }

  /// The context of some rows; after the last comes the first again.
  public func context(_ rows: some Collection<Int>) -> Context {
    if width == 0 { return Context() }
    let chosen = rows.flatMap { row -> ArraySlice<Float> in
      let start = row % count * width
      return numbers[start..<start + width]
    }
    return Context(features: Tensor(chosen, shape: [rows.count, width]))
  }

  /// Rows of the model's columns, [N, D], each with the context of rows `range` behind it.
  func beside(_ own: [Double], _ range: Range<Int>) -> [Double] {
    if columns == 0 { return own }
    let d = own.count / range.count
    var all: [Double] = []
    all.reserveCapacity(range.count * (d + columns))
    for (i, row) in range.enumerated() {
      let start = row % count * columns
      all += own[i * d..<(i + 1) * d]
      all += values[start..<start + columns]
    }
    return all
  }
}
