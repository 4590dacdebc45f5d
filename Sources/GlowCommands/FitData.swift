import ArgumentParser
import Foundation
import Media
import Models
import Tensors
import Training

/// What `glow fit` learns from, and the model for it: a table seen through the command line's
/// words.
struct FitData {
  let model: FlowConfiguration
  let table: TableData
  let training: FlowRows
  let validation: FlowRows?

  /// The data of a new run.
  init(_ path: String, _ command: FitCommand) throws {
    let conditions = command.conditional?.names ?? []
    let data = try TableData(
      path, columns: Self.wanted(command), given: conditions, dropsMissing: command.dropsMissing,
      command.held, seed: command.training.seed ?? 0)
    let columns = data.table.columns.filter { !conditions.contains($0) }
    let discrete = try Self.discrete(command, data, columns)
    var c = try FlowConfiguration.suited(to: data.training, columns: columns, discrete: discrete)
    c.context = conditions.compactMap(data.table.columns.firstIndex).map { Self.context($0, data) }
    try data.refuseExtremes(zip(c.columns, c.scale) + c.context.map { ($0.name, $0.scale) })
    c = try command.shape(c)
    if c.takesUnitInterval {
      (c.shift, c.scale) = (c.shift.map { _ in 0 }, c.scale.map { _ in 1 })
      for part in [data.table, data.validation] {
        if let error = try part?.outsideError(for: c) { throw error }
      }
    }
    if let reason = try c.shareBase(ofFewIn: data.training) {
      note("one base for all classes: \(reason)")
    }
    data.warnOfWhatFlatters(apartFrom: discrete, given: conditions, canAddNoise: true)
    data.warnOfTooFew()
    try self.init(c, data)
  }

  /// The data of a run to go on with, which must be as they were.
  init(resuming checkpoint: Checkpoint, _ command: FitCommand) throws {
    let c = try checkpoint.configuration(of: FlowDensity.self)
    try self.init(
      c,
      TableData(
        resuming: checkpoint, columns: c.columnsWithContext, in: command.table,
        validation: command.held.validation))
  }

  private init(_ model: FlowConfiguration, _ table: TableData) throws {
    (self.model, self.table) = (model, table)
    training = try FlowRows(table.training, for: model)
    validation = try table.validation.map { try FlowRows($0, for: model) }
  }

  /// What the data are, for the screen.
  var lines: [String] { table.lines(apartFrom: model.discrete, given: model.context.map(\.name)) }

  /// The columns to read: those asked for and those that the density depends on, or all.
  private static func wanted(_ command: FitCommand) -> [String]? {
    guard let columns = command.columns?.names else { return nil }
    return columns + (command.conditional?.names ?? []).filter { !columns.contains($0) }
  }

  /// The columns of --discrete, or all of whole numbers. Throws if one can't be.
  private static func discrete(_ command: FitCommand, _ data: TableData, _ columns: [String]) throws
    -> [String]
  {
    let names = command.discrete?.names ?? []
    if names == ["all"], !columns.contains("all") {
      return data.integers.filter(columns.contains)
    }
    for name in names {
      guard columns.contains(name) else {
        throw ValidationError(
          "--discrete \(name): no column of the density; there are "
            + columns.joined(separator: ", "))
      }
      guard data.isWhole(name) else {
        throw FileError(
          path: data.table.path, reason: "column \(name) does not hold whole numbers alone",
          kind: .malformed)
      }
    }
    return names
  }

  /// A column of --conditional: one of a few whole numbers as classes, else as a number, in the
  /// scale of the rows to train on.
  private static func context(_ column: Int, _ data: TableData) -> FlowConfiguration.ContextColumn {
    let name = data.table.columns[column]
    if data.isWhole(name) {
      let values = Set(data.table.column(column)).sorted()
      if values.count <= 32 { return .init(name: name, values: values) }
    }
    let (mean, deviation) = data.training.moments(of: column)
    return .init(name: name, shift: mean, scale: max(deviation, 1e-300))
  }
}
