import Media
import Models
import Tensors

/// Rows of a table as latents, and back: z = f(x), x = f⁻¹(z), as `FlowDensity` has them; of a
/// `VAE`, z is a draw of q(z|x), and x the mean of p(x|z).
///
/// Latents are a table of z1…zD; of a conditional model, with the context columns behind.
public struct RowLatents {
  private let c: FlowConfiguration
  /// The number of latents, and whether they lie in (0, 1).
  private let dimensions: Int
  private let isBounded: Bool
  /// The latents of the rows from a place on, and back.
  private let encode: (_ x: Tensor, Context, _ place: Int) -> Tensor
  private let decode: (_ z: Tensor, Context) -> Tensor

  /// The latents of a density.
  public init(_ flow: FlowDensity) {
    (c, dimensions) = (flow.configuration, flow.configuration.columns.count)
    isBounded = flow.base.isBounded
    encode = { x, context, _ in flow.encode(x, context).z }
    decode = { flow.decode($0, $1) }
  }

  /// The latents of a VAE of a table; that of a row is a function of seed and place.
  public init(_ vae: VAE, seed: UInt64 = 0) {
    (c, dimensions, isBounded) = (vae.configuration.rows, vae.configuration.latent, false)
    let noise = RandomStream(seed: seed, .noise)
    encode = { x, _, place in
      let latent = vae.configuration.latent
      return vae.encode(x, noise: noise.normal([x.examples, latent], from: place * latent))
    }
    decode = { z, _ in vae.decode(z) }
  }

  /// The columns that are encoded, and decoded to.
  public var rowColumns: [String] { c.columnsWithContext }

  /// What the numbers of the latents must be kept as.
  public var latentNumber: TableWriter.Number { c.latentNumber }
  /// What the numbers that latents are decoded to must be kept as.
  public var number: TableWriter.Number { c.number }

  /// The latents of a model of a table; nil of another.
  public init?(_ model: any Model, seed: UInt64 = 0) {
    if let flow = model as? FlowDensity {
      self.init(flow)
    } else if let vae = model as? VAE, vae.configuration.image == nil {
      self.init(vae, seed: seed)
    } else {
      return nil
    }
  }

  /// The columns of a table of latents.
  public var columns: [String] {
    let context = c.context.map(\.name)
    var letter = "z"
    while context.contains(where: { $0.hasPrefix(letter) }) { letter += "_" }
    return (1...dimensions).map { "\(letter)\($0)" } + context
  }

  /// Gives the latents of a table's rows to `body`, piece after piece. Columns of whole numbers get
  /// the noise of a seed, which the way back takes off.
  ///
  /// Throws a `FileError` if the table lacks a column, or the model has no latents for a row.
  public func encode(_ table: Table, seed: UInt64 = 0, _ body: ([Double]) throws -> Void) throws {
    let rows = try FlowRows(table, for: c)
    let context = try ContextRows(table, for: c)
    let noise = RandomStream(seed: seed, .validationNoise)
    try pieces(of: table) { range in
      let (x, given) = rows.rows(range, noise: noise)
      let z = encode(x, given, range.lowerBound).elements.map(Double.init)
      try check(
        z, dimensions, range, table,
        "has no latents: it lies outside of what the model gives a density to")
      try body(context.beside(z, range))
    }
  }

  /// Gives the rows of a table of latents to `body`, piece after piece: the model's columns, and
  /// its context behind. A table without names is taken in the order of `columns`.
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
    let d = dimensions
    try pieces(of: named) { range in
      let z = range.flatMap { named.row($0).prefix(d).map { Float($0) } }
      if isBounded, let place = z.firstIndex(where: { !(0...1).contains($0) }) {
        throw error(range.lowerBound + place / d, named, "lies outside of the base, (0, 1)")
      }
      let x = decode(Tensor(z, shape: [range.count, d]), context.context(range))
      let values = c.values(of: x)
      try check(values, c.columns.count, range, named, "decodes to nothing finite")
      try body(context.beside(values, range))
    }
  }

  private func pieces(of table: Table, _ body: (Range<Int>) throws -> Void) throws {
    for first in stride(from: 0, to: table.rows, by: FlowTask.scoredAtOnce) {
      try body(first..<min(first + FlowTask.scoredAtOnce, table.rows))
    }
  }

  private func check(
    _ values: [Double], _ columns: Int, _ range: Range<Int>, _ table: Table, _ says: String
  ) throws {
    guard let place = values.firstIndex(where: { !$0.isFinite }) else { return }
    throw error(range.lowerBound + place / columns, table, says)
  }

  private func error(_ row: Int, _ table: Table, _ says: String) -> FileError {
    FileError(path: table.path, reason: "row \(row + 1) \(says)", kind: .malformed)
  }
}
