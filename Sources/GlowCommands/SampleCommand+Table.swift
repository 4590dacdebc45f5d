import Foundation
import Media
import Models
import Training

/// Rows of a table, or a sampler's draws.
extension SampleCommand {
  func drawRows(_ flow: FlowDensity) throws {
    let context = try contextRows(flow.configuration)
    let count = count ?? (table == nil ? nil : context?.count) ?? 1000
    try write(
      RowSampler(flow, context: context, seed: seed, temperature: temperature ?? 1), count)
  }

  /// Draws of a variational autoencoder of a table.
  func drawRows(_ vae: VAE) throws {
    try refuse(
      [
        "given": !context.given.isEmpty, "table": table != nil,
        "drop-missing": tableOptions.dropMissing,
      ], notForVAEs)
    try write(RowSampler(vae, seed: seed, temperature: temperature ?? 1), count ?? 1000)
  }

  private func write(_ sampler: RowSampler, _ count: Int) throws {
    try refuse(
      [
        "grid": grid != nil, "columns": gridOptions.columns != nil,
        "scale": gridOptions.scale != nil, "seconds": seconds != nil,
        "class": className != nil, "precision": precision != nil,
      ], notForTables)
    let output = output ?? "samples.csv"
    try Output.tryAll(.file("output", output, .table), reading: [table])
    var work = PieceWork(count, "row")
    try TableWriter.write(to: output, columns: sampler.columns, as: sampler.number) { writer in
      try work.make(sampler.pieces(count)) { try writer.append(sampler.rows($0)) }
    }
    try work.end(in: output)
  }

  /// What a conditional model is told about each row; nil for another.
  private func contextRows(_ c: FlowConfiguration) throws -> ContextRows? {
    let names = c.context.map(\.name)
    guard !names.isEmpty else {
      try refuse(
        [
          "given": !context.given.isEmpty, "table": table != nil,
          "drop-missing": tableOptions.dropMissing,
        ], "is for conditional models, and this is none")
      return nil
    }
    if let table {
      let read = try Table(
        reading: table, columns: names, dropMissing: tableOptions.dropMissing)
      read.sayDropped()
      return try ContextRows(read, for: c)
    }
    return ContextRows(given: try context.values(for: c), for: c)
  }
}
