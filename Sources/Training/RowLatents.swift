import Media
import Models
import Tensors

/// Rows of a table as latents, and back: z = f(x), x = f⁻¹(z), as `FlowDensity` has them.
///
/// Latents are a table of z1…zD; of a conditional model, with the context columns behind.
public struct RowLatents {
  private let flow: FlowDensity

  /// The latents of a model.
  public init(_ flow: FlowDensity) { self.flow = flow }

  private var c: FlowConfiguration { flow.configuration }

  /// The columns of a table of latents.
  public var columns: [String] {
    let context = c.context.map(\.name)
    var letter = "z"
    while context.contains(where: { $0.hasPrefix(letter) }) { letter += "_" }
    return c.columns.indices.map { "\(letter)\($0 + 1)" } + context
  }

  /// Gives the latents of a table's rows to `body`, piece after piece. Columns of whole numbers get the
  /// noise of a seed, which the way back takes off.
  ///
  /// Throws a `FileError` if the table lacks a column, or the model has no latents for a row.
  public func encode(_ table: Table, seed: UInt64 = 0, _ body: ([Double]) throws -> Void) throws {
    let rows = try FlowRows(table, for: c)
    let context = try ContextRows(table, for: c)
    let noise = RandomStream(seed: seed, .validationNoise)
    try pieces(of: table) { range in
      let (x, given) = rows.rows(range, noise: noise)
      let z = flow.encode(x, given).z.elements.map(Double.init)
      try check(z, range, table, "has no latents")
      try body(context.beside(z, range))
    }
  }

  /// Gives the rows of a table of latents to `body`, piece after piece: the model's columns, and its
  /// context behind. A table without names is taken in the order of `columns`.
  ///
  /// Throws a `FileError` if the table lacks a column, a row lies outside of the base, or the model
  /// gives it no finite numbers.
  public func decode(_ table: Table, _ body: ([Double]) throws -> Void) throws {
    let isNameless = table.columns == columns.indices.map { "x\($0 + 1)" }
    let named =
      isNameless
      ? Table(path: table.path, columns: columns, values: table.values)
      : try table.selecting(columns)
    let context = try ContextRows(named, for: c)
    let d = c.columns.count
    try pieces(of: named) { range in
      let z = range.flatMap { named.row($0).prefix(d).map { Float($0) } }
      if flow.base.isBounded, let place = z.firstIndex(where: { !(0...1).contains($0) }) {
        throw error(range.lowerBound + place / d, named, "lies outside of the base, (0, 1)")
      }
      let x = flow.decode(Tensor(z, shape: [range.count, d]), context.context(range))
      let values = c.values(of: x)
      try check(values, range, named, "decodes to nothing finite")
      try body(context.beside(values, range))
    }
  }

  private func pieces(of table: Table, _ body: (Range<Int>) throws -> Void) throws {
    for first in stride(from: 0, to: table.rows, by: FlowTask.scoredAtOnce) {
      try body(first..<min(first + FlowTask.scoredAtOnce, table.rows))
    }
  }

  private func check(
    _ values: [Double], _ range: Range<Int>, _ table: Table, _ says: String
  ) throws {
    guard let place = values.firstIndex(where: { !$0.isFinite }) else { return }
    throw error(range.lowerBound + place / c.columns.count, table, says)
  }

  private func error(_ row: Int, _ table: Table, _ says: String) -> FileError {
    FileError(path: table.path, reason: "row \(row + 1) \(says)", kind: .malformed)
  }
}
