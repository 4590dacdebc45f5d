import ArgumentParser
import Foundation
import Media
import Models
import Training

/// Variational autoencoders.
extension EvalCommand {
  /// Images, or the rows of a table.
  func score(_ vae: VAE, _ checkpoint: Checkpoint) throws {
    let c = vae.configuration
    try refuse(
      [
        "audio": input.audio != nil, "window": window != nil, "class": className != nil,
        "draws": draws != nil, "precision": precision != nil,
      ], notForVAEs)
    let draws = importanceSamples ?? 500
    try check((1...1_000_000).contains(draws), "--importance-samples must be 1 to 1000000")
    var scores = ImportanceScores(
      of: vae, on: try examples(c, checkpoint), draws: draws, seed: seed)
    var work = PieceWork(scores.count, c.image == nil ? "row" : "image", isQuiet: json)
    try work.make(scores.pieces) { try scores.score($0) }
    work.clear()
    for error in scores.bad { note("passed over \(error)") }
    guard !scores.scores.isEmpty else {
      if let status = Interruption.status { throw ExitCode(status) }
      throw scores.bad.first ?? Sampler.NotFinite()
    }
    if let place = scores.firstNotFinite {
      let row = c.image == nil ? "row \(place + 1): " : ""
      throw FileError(
        path: c.image == nil
          ? input.table ?? checkpoint.config.data.source : scores.paths[place],
        reason: "\(row)the model's figures of it are not finite: it lies too far out",
        kind: .malformed)
    }
    let worth = scores.average(\.effectiveDraws).mean
    if draws > 1, worth < Self.fewestEffective {
      warn(
        "the \(counted(draws, "sample")) of \(c.image == nil ? "a row" : "an image") are worth "
          + "\(worth.formatted(1)) on average: the NLL is too high, by how much is not known; "
          + "more samples or a better posterior")
    }
    if work.isStopped {
      note("stopped: \(grouped(work.done)) of \(counted(scores.count, "example")) scored")
    }
    if json {
      printJSON(scores, c, checkpoint)
    } else {
      printText(scores, c, checkpoint)
    }
    if let record { try scores.writeRecord(to: record) }
    if let perFile {
      let paths = scores.paths
      let lines = scores.scores.map { "\(Self.quoted(paths[$0.place])),\($0.elbo),\($0.nll)\n" }
      try AtomicFile.write("file,elbo,nll\n" + lines.joined(), to: perFile)
    }
    if let perRow {
      try TableWriter.write(to: perRow, columns: ["row", "elbo", "nll"], as: .float64) { writer in
        for score in scores.scores {
          try writer.append([Double(score.place + 1), score.elbo, score.nll])
        }
      }
    }
    if let status = Interruption.status { throw ExitCode(status) }
  }

  /// Samples of equal weight below which an estimate is warned of.
  private static let fewestEffective = 3.0

  private func examples(_ c: VAEConfiguration, _ checkpoint: Checkpoint) throws -> VAEExamples {
    if let format = c.format {
      try refuse(
        [
          "table": input.table != nil, "drop-missing": input.tableOptions.dropMissing,
          "per-row": perRow != nil,
        ], onlyForTables)
      return VAEExamples(try examples(format, checkpoint), as: format, for: c)
    }
    try refuse(
      [
        "images": input.images != nil, "follow-links": input.links.follow,
        "per-file": perFile != nil,
      ],
      notForTables)
    return try VAEExamples(input.rows(c.columns, checkpoint, heldOut: heldOut), for: c)
  }

  private func printJSON(
    _ scores: ImportanceScores, _ c: VAEConfiguration, _ checkpoint: Checkpoint
  ) {
    let (elbo, nll) = (scores.average(\.elbo), scores.average(\.nll))
    let bits = c.hasLevels ? "\"bits_per_dim\":\(nll.mean * -c.lossScale)," : ""
    print(
      """
      {"elbo":\(elbo.mean),"elbo_standard_error":\(jsonNumber(elbo.standardError)),\
      "nll":\(nll.mean),"nll_standard_error":\(jsonNumber(nll.standardError)),\
      "nll_draws_error":\(jsonNumber(scores.draws > 1 ? scores.drawError : nil)),\
      "effective_samples":\(scores.average(\.effectiveDraws).mean),\
      "importance_samples":\(scores.draws),\
      "log_p_x_given_z":\(scores.average(\.logLikelihood).mean),\
      "log_p_z":\(scores.average(\.logPrior).mean),\
      "log_q_z":\(scores.average(\.logPosterior).mean),\(bits)\
      "\(c.image == nil ? "rows" : "files")":\(scores.scores.count),\
      "weights":"\(model.weightsUsed(of: checkpoint))","seed":\(seed)}
      """)
  }

  private func printText(
    _ scores: ImportanceScores, _ c: VAEConfiguration, _ checkpoint: Checkpoint
  ) {
    func text(_ average: Average, _ scale: Double = 1) -> String {
      (average.mean * scale).formatted(4) + plusMinus(average.standardError.map { $0 * abs(scale) })
    }
    let (elbo, nll) = (scores.average(\.elbo), scores.average(\.nll))
    print(
      """
      ELBO          \(text(elbo)) nats \(c.exampleName), a bound below log p(x)
        log p(x|z)  \(text(scores.average(\.logLikelihood)))
        log p(z)    \(text(scores.average(\.logPrior)))
        log q(z|x)  \(text(scores.average(\.logPosterior)))
      NLL           \(text(nll)) nats \(c.exampleName), -log p(x) by \
      \(counted(scores.draws, "sample")) of each\
      \(scores.draws > 1 ? ", which alone leave ± \(scores.drawError.formatted(4))" : "")
      """)
    if c.hasLevels {
      let bits = text(nll, -c.lossScale)
      print("bits/dim      \(bits), at most \((elbo.mean * c.lossScale).formatted(4)) by the bound")
    }
    print(
      "(\(elbo.standardError == nil ? "of" : "mean and standard error over") \(counted(scores.scores.count, c.image == nil ? "row" : "file")), "
        + "\(model.weightsUsed(of: checkpoint)) weights)")
  }
}
