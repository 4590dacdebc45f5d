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
  /// What the data are, for the screen.
  let lines: [String]

  /// The data of a new run.
  init(_ path: String, _ command: FitCommand) throws {
    let table = try Table(
      reading: path, columns: try Self.wanted(command), dropMissing: command.dropMissing,
      minimumRows: 2)
    let survey = TableSurvey(table)
    let given = try Self.context(command, table, survey)
    let left = Self.leftOut(survey, given.map(\.name), isChosen: command.columns != nil)
    let columns = table.columns.filter { name in
      !given.contains { $0.name == name } && !left.contains(name)
    }
    guard !columns.isEmpty else {
      throw FileError(
        path: path, reason: "has no column left to learn: all are constant", kind: .malformed)
    }
    guard survey.distinctRows > 1 else {
      throw FileError(path: path, reason: "has one distinct row only", kind: .malformed)
    }
    let discrete = Self.names(command.discrete) ?? []
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
    var description = DataDescription(
      table: absolute(path), rows: 0, dropMissing: command.dropMissing)
    description.fingerprint = table.fingerprint
    description.validation = command.validation.map(absolute)
    description.validationFraction = command.validationFraction
    let (learned, held) = try Self.divided(table, description, seed: command.training.seed ?? 0)
    var c = try FlowConfiguration.suited(to: learned, survey, columns: columns, discrete: discrete)
    c.context = given
    c = try command.shape(c)
    Self.warn(survey, discrete: discrete, columns: columns)
    try self.init(
      model: c, learned, held, description,
      lines: survey.lines.map { "data        \($0)" })
  }

  /// The data of a run to go on with, which must be as they were.
  init(resuming checkpoint: Checkpoint, _ command: FitCommand) throws {
    let c = try checkpoint.configuration(of: FlowDensity.self)
    var data = checkpoint.config.data
    if let path = command.table { data.table = absolute(path) }
    if let path = command.validation { data.validation = absolute(path) }
    let path = data.table ?? ""
    let table = try Table(
      reading: path, columns: c.columns + c.context.map(\.name),
      dropMissing: data.dropMissing == true, minimumRows: 2)
    // the fingerprint is of all columns that were read, in the file's order
    let all = try? Table(reading: path, dropMissing: data.dropMissing == true)
    guard [table.fingerprint, all?.fingerprint].contains(data.fingerprint) else {
      throw FileError(
        path: path, reason: "does not hold the rows that the run began with", kind: .malformed)
    }
    let (learned, held) = try Self.divided(
      table, data, seed: checkpoint.config.training.seed)
    try self.init(model: c, learned, held, data, lines: [])
  }

  private init(
    model: FlowConfiguration, _ training: Table, _ validation: Table?,
    _ description: DataDescription, lines: [String]
  ) throws {
    (self.model, self.lines) = (model, lines)
    self.training = try FlowRows(training, for: model)
    self.validation = try validation.map { try FlowRows($0, for: model) }
    var description = description
    description.count = training.rows
    self.description = description
  }

  /// "a,b,c" as names.
  private static func names(_ list: String?) -> [String]? {
    list.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
  }

  /// The columns to read: those asked for and those that the density depends on, or all.
  private static func wanted(_ command: FitCommand) throws -> [String]? {
    guard let columns = names(command.columns) else { return nil }
    let given = names(command.conditional) ?? []
    return columns + given.filter { !columns.contains($0) }
  }

  /// The columns of --conditional: one of a few whole numbers as classes, else as a number.
  private static func context(_ command: FitCommand, _ table: Table, _ survey: TableSurvey) throws
    -> [FlowConfiguration.ContextColumn]
  {
    try (names(command.conditional) ?? []).map { name in
      guard let place = table.columns.firstIndex(of: name) else {
        throw FileError(
          path: table.path,
          reason: "has no column \(name); there are " + table.columns.joined(separator: ", "),
          kind: .malformed)
      }
      let values = Set(table.column(place)).sorted()
      let facts = survey.columns[place]
      if facts.isWhole, values.count <= 32 { return .init(name: name, values: values) }
      return .init(name: name, shift: facts.mean, scale: max(facts.standardDeviation, 1e-300))
    }
  }

  /// Columns without a density of their own, which are left out: constant ones, and copies of others.
  private static func leftOut(_ survey: TableSurvey, _ given: [String], isChosen: Bool)
    -> Set<String>
  {
    var left = Set<String>()
    for column in survey.constant where !given.contains(survey.columns[column].name) {
      let name = survey.columns[column].name
      left.insert(name)
      printError(
        "note: column \(name) is left out: it is \(survey.columns[column].minimum) in each row")
    }
    for copy in survey.duplicates {
      let (name, original) = (survey.columns[copy.column].name, survey.columns[copy.original].name)
      guard !given.contains(name), !left.contains(name) else { continue }
      left.insert(name)
      printError(
        "note: column \(name) is left out: it is "
          + (copy.isIdentical ? original : "\(copy.slope) · \(original) + \(copy.offset)"))
    }
    return left
  }

  /// What would flatter any continuous density.
  private static func warn(_ survey: TableSurvey, discrete: [String], columns: [String]) {
    let whole = survey.integers.map { survey.columns[$0].name }
      .filter { columns.contains($0) && !discrete.contains($0) }
    if !whole.isEmpty {
      let shown = whole.prefix(6).joined(separator: ",") + (whole.count > 6 ? ",…" : "")
      printError(
        "warning: \(counted(whole.count, "column")) of whole numbers (\(shown)): a continuous density "
          + "can grow without bound on them, and the figure means nothing; --discrete \(shown) adds "
          + "uniform noise")
    }
    if survey.hasMoreColumnsThanRows {
      printError(
        "warning: more columns than rows: any density of them is mostly a guess; --columns takes fewer"
      )
    }
  }

  /// The rows to train and those to validate on.
  private static func divided(_ table: Table, _ data: DataDescription, seed: UInt64) throws
    -> (learned: Table, held: Table?)
  {
    if let path = data.validation {
      let held = try Table(
        reading: path, columns: table.columns, dropMissing: data.dropMissing == true)
      return (table, held)
    }
    let order = RandomStream(seed: seed, .split).permutation(table.rows)
    let part = data.validationFraction ?? 0.1
    let most = data.validationFraction == nil ? 10_000 : Int.max
    let count = min(most, Int(part * Double(table.rows)))
    // a tenth of a handful says nothing
    let held = data.validationFraction == nil && table.rows < 20 ? 0 : count
    return (
      table.rows(order[held...].sorted()), held > 0 ? table.rows(order[..<held].sorted()) : nil
    )
  }
}
