import Media
import Models
import Tensors

/// What a table's size asks for, where nobody says otherwise.
extension FlowConfiguration {
  /// A density of these columns of a table, its rows to train on, standardised, with flows, nets
  /// and base that suit its size.
  ///
  /// Two columns or more begin with the Gaussian of the data's mean and covariance (`whiten`), so
  /// that a small table does no worse than that; then come splines, which change nothing far from
  /// the data. Throws a `FileError` if a column is not there.
  public static func suited(
    to table: Table, columns: [String], discrete: [String] = []
  ) throws -> FlowConfiguration {
    var c = FlowConfiguration(
      columns: columns,
      flows: expanded(
        [.nsf], columns: columns.count,
        transforms: min(transforms(columns: columns.count), table.rows < 2000 ? 2 : 5)),
      hidden: hidden(rows: table.rows))
    c.discrete = discrete
    try c.standardize(by: table)
    return c
  }

  /// Rows to train on that a class needs for a base of its own: the learned scale of one row has no
  /// bound.
  private static let fewestOfClass = 10

  /// Takes one learned base for all classes where one for each would be too many, or be learned
  /// from too few of the rows to train on; why, or nil where that is not so. Throws a `FileError`
  /// if a column is not there.
  public mutating func shareBase(ofFewIn table: Table) throws -> String? {
    guard BaseName(base)?.isLearned == true, classes > 1 else { return nil }
    guard classes <= Self.mostBaseClasses else {
      return "there are more than \(Self.mostBaseClasses) combinations"
    }
    let columns = context.filter { !$0.values.isEmpty }.map(\.name)
    let own = try table.selecting(columns)
    var counts: [[Double]: Int] = [:]
    for row in 0..<own.rows { counts[Array(own.row(row)), default: 0] += 1 }
    let fewest = counts.min {
      $0.value == $1.value ? $0.key.lexicographicallyPrecedes($1.key) : $0.value < $1.value
    }
    guard let fewest, fewest.value < Self.fewestOfClass else { return nil }
    hasBasePerClass = nil
    let values = zip(columns, fewest.key).map { name, value in
      "\(name) = " + (Int(exactly: value).map(String.init) ?? "\(value)")
    }
    return "that of \(values.joined(separator: ", ")) would be learned from \(fewest.value) of the "
      + "rows, fewer than \(Self.fewestOfClass)"
  }

  /// Hidden units for so many rows.
  public static func hidden(rows: Int) -> [Int] {
    let width = rows < 1000 ? 32 : rows < 5000 ? 64 : rows < 20_000 ? 128 : 256
    return [width, width]
  }

  /// Rows in a step for so many rows in all.
  public static func batch(rows: Int) -> Int {
    rows >= 10_000 ? 512 : rows >= 2000 ? 256 : max(1, min(rows, max(32, rows / 8)))
  }

  /// How a density of so many rows is trained.
  public static func defaults(rows: Int, columns: Int) -> TrainingOptions {
    var options = TrainingOptions()
    options.batch = batch(rows: rows)
    options.patience = 20
    // few rows are soon learned by heart, but for those of one column
    if rows < 2000, columns > 1 { (options.learningRate, options.weightDecay) = (3e-4, 1) }
    options.evaluateEvery = max(50, min(500, rows / options.batch))
    return options
  }

  /// How often a flow that is asked for once is taken, for so many columns.
  public static func transforms(columns: Int) -> Int { columns == 1 ? 1 : columns == 2 ? 3 : 5 }

  /// A list of flows with what stands between them: one alone is taken `transforms` times; an order
  /// of columns is drawn anew between two that have one; two columns or more are whitened first.
  public static func expanded(_ flows: [FlowName], columns: Int, transforms: Int? = nil) -> [String]
  {
    var list = flows
    if flows.count == 1, flows[0].isRepeated {
      let count = transforms ?? Self.transforms(columns: columns)
      list = Array(repeating: flows[0], count: count)
    }
    var names: [FlowName] = columns > 1 && flows.count == 1 && flows[0].isRepeated ? [.whiten] : []
    for flow in list {
      if columns > 1, flow.hasOrder, let last = names.last, last.hasOrder { names.append(.permute) }
      names.append(flow)
    }
    return names.map(\.rawValue)
  }

  /// Puts what the base needs at the end of the flows: what lies on the line goes to (0, 1) by a
  /// scale and a sigmoid, and back by a logit.
  public mutating func joinBase() {
    guard let base = BaseName(base) else { return }
    let ends = endsInUnitInterval
    if base.isBounded, !ends {
      // a spline ends where its box does: scaled, what lies beyond on the line is reached as well
      let added: [FlowName] =
        flows.last == FlowName.affine.rawValue ? [.sigmoid] : [.affine, .sigmoid]
      flows += added.map(\.rawValue)
    }
    if !base.isBounded, ends { flows.append(FlowName.logit.rawValue) }
  }
}

extension TrainingOptions {
  /// How a sampler of a target is trained.
  public static var ofTarget: TrainingOptions {
    var options = TrainingOptions()
    options.batch = 512
    return options
  }
}
