import Foundation
import Media
import Models
import Plots
import Training

/// Variational autoencoders.
extension PlotCommand {
  /// Rows that are drawn of a table, at most, unless --count says another number of draws.
  private static let mostRows = 5000

  func draw(_ vae: VAE, _ checkpoint: Checkpoint) throws {
    try refuse(
      [
        "view": view != .density, "interval": interval != nil, "given": !context.given.isEmpty,
      ], "is for models of a density; this is a VAE")
    if vae.configuration.image == nil {
      try drawTable(vae, checkpoint)
    } else {
      try drawImages(vae, checkpoint)
    }
  }

  private func drawImages(_ vae: VAE, _ checkpoint: Checkpoint) throws {
    try refuse(
      [
        "table": table != nil, "drop-missing": tableOptions.dropMissing,
        "columns": columns != nil, "count": count != nil,
      ], onlyForTables)
    let (c, data) = (vae.configuration, checkpoint.config.data)
    guard let format = c.format else { return }
    let path = images ?? data.images ?? ""
    do {
      let set = try load(
        ImageFolder(path, followingLinks: links.follow), as: format, data)
      let picture = VAEPicture(
        vae: vae, examples: VAEExamples(set, as: format, for: c), seed: seed,
        title: title(path, c))
      try picture.images().write(to: output)
    } catch let error as FileError where error.kind == .missing && images == nil {
      throw FileError(
        path: error.path, reason: "\(error.reason); --images DIR says where images are",
        kind: .missing)
    }
  }

  private func drawTable(_ vae: VAE, _ checkpoint: Checkpoint) throws {
    try refuse(["images": images != nil, "follow-links": links.follow], "is for images")
    let (c, data) = (vae.configuration, checkpoint.config.data)
    let shown = try shown(c.columns)
    var values: [[Double]] = shown.map { _ in [] }
    if let path = table ?? data.table, table != nil || isThere(path) {
      let read = try Table(
        reading: path, columns: c.columns,
        dropMissing: tableOptions.dropMissing || table == nil && data.dropMissing == true)
      read.sayDropped()
      let step = max(1, (read.rows + Self.mostRows - 1) / Self.mostRows)
      if step > 1 { note("of \(counted(read.rows, "row")), one in \(step) is shown") }
      let rows = Array(stride(from: 0, to: read.rows, by: step))
      values = shown.map { column in rows.map { read.values[$0 * c.columns.count + column] } }
    } else {
      note("what it learned from is not there; only draws are shown")
    }
    let count = count ?? min(max(values[0].count, 500), Self.mostRows)
    let drawn = try RowSampler(vae, seed: seed).rows(0..<count)
    let figure = Figure.corner(
      data: values,
      samples: shown.map { column in
        stride(from: column, to: drawn.count, by: c.columns.count).map { drawn[$0] }
      }, names: shown.map { c.columns[$0] },
      title: title(table ?? data.table ?? checkpoint.path, c))
    try figure.write(to: output)
  }

  /// "digits: a VAE of 64 latents, 4 planar flows".
  private func title(_ path: String, _ c: VAEConfiguration) -> String {
    let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    let posterior =
      c.posterior == .gaussian ? c.posterior.summary : "\(c.flows) \(c.posterior.summary)"
    return "\(name): a VAE of \(counted(c.latent, "latent")), \(posterior)"
  }
}
