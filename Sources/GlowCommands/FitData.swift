import ArgumentParser
import Foundation
import Media
import Models
import Tensors
import Training

/// What `glow fit` learns from, and the model for it: a table seen through the command line's words.
struct FitData {
  let model: FlowConfiguration
  let training: FlowRows
  let validation: FlowRows?
  let description: DataDescription
  /// The rows held out to validate on, by their numbers from 1.
  private let heldOut: [Int]
  /// What the data are, for the screen.
  let lines: [String]

  /// The data of a new run.
  init(_ path: String, _ command: FitCommand) throws {
    let began = ContinuousClock.now
    var table = try Table(
      reading: path, columns: Self.wanted(command), dropMissing: command.dropsMissing,
      minimumRows: 2)
    let speed = Self.speed(rows: table.rows + table.dropped, ContinuousClock.now - began)
    let conditions = command.conditional?.names ?? []
    if let name = conditions.first(where: { !table.columns.contains($0) }) {
      throw FileError(
        path: path,
        reason: "has no column \(name); there are " + table.columns.joined(separator: ", "),
        kind: .malformed)
    }
    var description = DataDescription(
      table: absolute(path), rows: 0, dropMissing: command.dropsMissing)
    description.validation = command.held.validation.map(absolute)
    description.validationFraction = command.held.validationFraction
    let seed = command.training.seed ?? 0
    // what others lack leaves out no row, as it will not when the run is gone on with: so what is left
    // out is found again in the rows that there are without it
    var survey = TableSurvey(table)
    var parts: Parts = (table, nil, [])
    while true {
      guard survey.distinctRows > 1 else {
        throw FileError(path: path, reason: "has one distinct row only", kind: .malformed)
      }
      parts = try Self.divided(table, description, seed: seed)
      let left = Self.leftOut(survey, parts.learned, conditions)
      let rest = table.columns.filter { !left.contains($0) }
      guard !rest.allSatisfy(conditions.contains) else {
        throw FileError(
          path: path,
          reason: "has no column left to learn: "
            + (conditions.isEmpty ? "all are constant" : "all others are conditions or constant"),
          kind: .malformed)
      }
      if left.isEmpty { break }
      table =
        table.dropped == 0
        ? try table.selecting(rest)
        : try Table(reading: path, columns: rest, dropMissing: true, minimumRows: 2)
      survey = TableSurvey(table)
    }
    let columns = table.columns.filter { !conditions.contains($0) }
    let discrete = Self.discrete(command, survey, columns)
    for name in discrete {
      guard let place = table.columns.firstIndex(of: name), columns.contains(name) else {
        throw ValidationError(
          "--discrete \(name): no column of the density; there are "
            + columns.joined(separator: ", "))
      }
      guard survey.columns[place].isWhole else {
        throw FileError(
          path: path, reason: "column \(name) does not hold whole numbers alone", kind: .malformed)
      }
    }
    let validation = try command.held.validation.map {
      try Table(
        reading: $0, columns: columns + conditions, dropMissing: command.dropsMissing)
    }
    description.fingerprint = try table.selecting(columns + conditions).fingerprint
    description.validationFingerprint = validation?.fingerprint
    var c = try FlowConfiguration.suited(to: parts.learned, columns: columns, discrete: discrete)
    c.context = conditions.compactMap(table.columns.firstIndex).map {
      Self.context($0, table, parts.learned, isWhole: survey.columns[$0].isWhole)
    }
    try Self.refuseExtremes(c, in: path)
    c = try command.shape(c)
    if c.takesUnitInterval {
      (c.shift, c.scale) = (c.shift.map { _ in 0 }, c.scale.map { _ in 1 })
      for part in [table, validation] {
        if let error = try part?.outsideError(for: c) { throw error }
      }
    }
    if let reason = try c.shareBase(ofFewIn: parts.learned) {
      note("one base for all classes: \(reason)")
    }
    Self.sayWhatFlatters(survey, discrete: discrete, columns: columns)
    try self.init(
      model: c, parts, validation, description,
      lines: survey.lines(apartFrom: Set(discrete + conditions))
        .enumerated().map { "data        \($1.advised)" + ($0 == 0 ? speed : "") })
  }

  /// "; read in 0.52 s, 1,920,000 rows/s"
  private static func speed(rows: Int, _ duration: Duration) -> String {
    let seconds = max(duration / .seconds(1), 1e-6)
    let perSecond = Double(rows) / seconds
    let digits = pow(10, max(0, floor(log10(max(1, perSecond))) - 2))
    let rounded = Int((perSecond / digits).rounded() * digits)
    return String(format: "; read in %.2f s, ", seconds) + "\(grouped(rounded)) rows/s"
  }

  /// Numbers whose squares are none.
  private static func refuseExtremes(_ c: FlowConfiguration, in path: String) throws {
    let scales = zip(c.columns, c.scale) + c.context.map { ($0.name, $0.scale) }
    for (name, scale) in scales where !(1e-150...1e150).contains(scale) {
      throw FileError(
        path: path,
        reason: "column \(name) has numbers too \(scale < 1 ? "close together" : "far apart") to "
          + "compute with; multiply them by \(scale < 1 ? "1e150" : "1e-150")",
        kind: .malformed)
    }
  }

  /// The data of a run to go on with, which must be as they were.
  init(resuming checkpoint: Checkpoint, _ command: FitCommand) throws {
    let c = try checkpoint.configuration(of: FlowDensity.self)
    var data = checkpoint.config.data
    if let path = command.table { data.table = absolute(path) }
    if let path = command.held.validation { data.validation = absolute(path) }
    let table = try Self.known(data.table ?? "", data.fingerprint, c, data, minimumRows: 2)
    let validation = try data.validation.map {
      try Self.known($0, data.validationFingerprint, c, data)
    }
    let parts = try Self.divided(table, data, seed: checkpoint.config.training.seed)
    try self.init(model: c, parts, validation, data, lines: [])
  }

  /// A table that a run began with. Throws a `FileError` if it is not what it was.
  private static func known(
    _ path: String, _ fingerprint: String?, _ c: FlowConfiguration, _ data: DataDescription,
    minimumRows: Int = 1
  ) throws -> Table {
    let table = try Table(
      reading: path, columns: c.columnsWithContext, dropMissing: data.dropMissing == true,
      minimumRows: minimumRows)
    if let fingerprint, table.fingerprint != fingerprint {
      throw FileError(
        path: path, reason: "does not hold the rows that the run began with", kind: .malformed)
    }
    return table
  }

  /// The rows that a run held out to validate on, read again; its table, or the one to validate on, may
  /// be elsewhere now. Throws a `FileError` if it is not what it was, or nothing was held out.
  static func heldOut(of checkpoint: Checkpoint, in path: String?) throws -> Table {
    let c = try checkpoint.configuration(of: FlowDensity.self)
    let data = checkpoint.config.data
    let place = path.map(absolute)
    if let validation = data.validation {
      return try known(place ?? validation, data.validationFingerprint, c, data)
    }
    let table = try known(place ?? data.table ?? "", data.fingerprint, c, data, minimumRows: 2)
    let seed = checkpoint.config.training.seed
    guard let held = try divided(table, data, seed: seed).held else {
      throw FileError(path: checkpoint.path, reason: "held out nothing", kind: .malformed)
    }
    return held
  }

  private init(
    model: FlowConfiguration, _ parts: Parts, _ validation: Table?,
    _ description: DataDescription, lines: [String]
  ) throws {
    (self.model, self.lines, heldOut) = (model, lines, parts.numbers)
    training = try FlowRows(parts.learned, for: model)
    self.validation = try (validation ?? parts.held).map { try FlowRows($0, for: model) }
    var description = description
    description.count = parts.learned.rows
    self.description = description
  }

  /// Writes which rows are held out into the run's directory, a number a line, if any are. Throws a
  /// `FileError` if it can't.
  func writeHeldOut(to directory: String) throws {
    if heldOut.isEmpty { return }
    try AtomicFile.write(
      heldOut.map { "\($0)\n" }.joined(), to: "\(directory)/\(RunFiles.heldOutName)")
  }

  /// The columns to read: those asked for and those that the density depends on, or all.
  private static func wanted(_ command: FitCommand) -> [String]? {
    guard let columns = command.columns?.names else { return nil }
    return columns + (command.conditional?.names ?? []).filter { !columns.contains($0) }
  }

  /// The columns of --discrete, or all of whole numbers.
  private static func discrete(
    _ command: FitCommand, _ survey: TableSurvey, _ columns: [String]
  ) -> [String] {
    let names = command.discrete?.names ?? []
    guard names == ["all"], !columns.contains("all") else { return names }
    return survey.integers.map { survey.columns[$0].name }.filter(columns.contains)
  }

  /// A column of --conditional: one of a few whole numbers as classes, else as a number, in the scale of
  /// the rows to train on.
  private static func context(_ column: Int, _ table: Table, _ learned: Table, isWhole: Bool)
    -> FlowConfiguration.ContextColumn
  {
    let name = table.columns[column]
    if isWhole {
      let values = Set(table.column(column)).sorted()
      if values.count <= 32 { return .init(name: name, values: values) }
    }
    let (mean, deviation) = learned.moments(of: column)
    return .init(name: name, shift: mean, scale: max(deviation, 1e-300))
  }

  /// Columns without a density of their own, which are left out: constant ones, or so in the rows to
  /// train on, and copies of others.
  private static func leftOut(_ survey: TableSurvey, _ learned: Table, _ given: [String])
    -> Set<String>
  {
    var left = Set<String>()
    for (i, facts) in survey.columns.enumerated() where !given.contains(facts.name) {
      let isConstant = facts.minimum == facts.maximum
      guard isConstant || learned.isConstant(i) else { continue }
      left.insert(facts.name)
      note(
        "column \(facts.name) is left out: it is "
          + String(format: "%g", learned.values[i]) + " in each row"
          + (isConstant ? "" : " to train on"))
    }
    for copy in survey.duplicates {
      let name = survey.columns[copy.column].name
      guard !given.contains(name), !left.contains(name) else { continue }
      left.insert(name)
      note("column \(name) is left out: it is \(survey.formula(of: copy))")
    }
    return left
  }

  /// What would flatter any continuous density.
  private static func sayWhatFlatters(_ survey: TableSurvey, discrete: [String], columns: [String])
  {
    let whole = survey.integers.map { survey.columns[$0].name }
      .filter { columns.contains($0) && !discrete.contains($0) }
    if !whole.isEmpty {
      let shown = whole.prefix(6).joined(separator: ",") + (whole.count > 6 ? ",…" : "")
      warn(
        "\(counted(whole.count, "column")) of whole numbers (\(shown)): a continuous density "
          + "can grow without bound on them, and the figure means nothing; --discrete "
          + "\(whole.count > 6 ? "all" : shown) adds "
          + "uniform noise")
    }
    if survey.hasMoreColumnsThanRows {
      warn("more columns than rows: any density of them is mostly a guess; --columns takes fewer")
    }
  }

  /// The rows to train on, and those to validate on with their numbers from 1.
  private typealias Parts = (learned: Table, held: Table?, numbers: [Int])

  /// The parts of a table; none is held out where there is another to validate on.
  private static func divided(_ table: Table, _ data: DataDescription, seed: UInt64) throws
    -> Parts
  {
    if data.validation != nil { return (table, nil, []) }
    let order = RandomStream(seed: seed, .split).permutation(table.rows)
    let part = data.validationFraction ?? 0.1
    let most = data.validationFraction == nil ? 10_000 : Int.max
    let count = min(most, Int(part * Double(table.rows)))
    // a tenth of a handful says nothing
    let held = data.validationFraction == nil && table.rows < 20 ? 0 : count
    try check(
      table.rows - held > 1,
      "--validation-fraction \(part) leaves 1 row of \(table.rows) to train on")
    let rows = order[..<held].sorted()
    return (
      table.rows(order[held...].sorted()), held > 0 ? table.rows(rows) : nil, rows.map { $0 + 1 }
    )
  }
}
