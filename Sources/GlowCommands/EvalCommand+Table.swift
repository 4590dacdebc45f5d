import ArgumentParser
import Foundation
import Media
import Models
import Training

/// Rows of a table, and samplers of a target.
extension EvalCommand {
  /// The rows of `--table`.
  func score(_ flow: FlowDensity, _ checkpoint: Checkpoint) throws {
    try refuseWhatIsForFiles()
    try refuse(["draws": draws != nil], "is for images, sounds and targets")
    let c = flow.configuration
    let read = try input.rows(
      c.columnsWithContext, checkpoint, heldOut: heldOut)
    let scores = RowScores(of: flow, on: try FlowRows(read, for: c), seed: seed)
    if let error = scores.outsideError(in: read) { throw error }
    if let perRow { try scores.write(to: perRow) }
    let weights = model.weightsUsed(of: checkpoint)
    if json {
      print(
        """
        {"nats":\(scores.mean),"bits":\(scores.mean / log(2)),\
        "standard_error":\(jsonNumber(scores.standardError)),\
        "rows":\(scores.logLikelihoods.count),"weights":"\(weights)"}
        """)
    } else {
      print(
        "\(scores.mean.formatted(4))\(plusMinus(scores.standardError)) nats a row, "
          + "\((scores.mean / log(2)).formatted(4)) bits ("
          + (scores.standardError == nil ? "of " : "mean and standard error over ")
          + "\(counted(scores.logLikelihoods.count, "row")), \(weights) weights"
          + (c.discrete.isEmpty ? ")" : "; noise added to \(c.discrete.joined(separator: ", ")))"))
    }
  }

  /// A sampler's own draws.
  func score(_ flow: FlowDensity, on target: String, _ checkpoint: Checkpoint) throws {
    try refuseWhatIsForFiles()
    try refuse(
      [
        "table": input.table != nil, "drop-missing": input.tableOptions.dropMissing,
        "held-out": heldOut,
      ],
      "is for tables; the model is a sampler of \(target)")
    let draws = draws ?? 10_000
    try check((2...10_000_000).contains(draws), "--draws must be 2 to 10000000")
    let density = try Target.of(checkpoint)
    let scores = TargetScores(of: flow, density, draws: draws, seed: seed)
    guard scores.isFinite else { throw Sampler.NotFinite() }
    if json {
      print(
        """
        {"bound":\(scores.bound),"bound_standard_error":\(scores.boundStandardError),\
        "log_z":\(scores.logNormalizer),\
        "log_z_standard_error":\(scores.logNormalizerStandardError),\
        "true_log_z":\(jsonNumber(density.logNormalizer)),\
        "effective_sample_size":\(scores.effectiveSampleSize),"draws":\(draws),\
        "weights":"\(model.weightsUsed(of: checkpoint))"}
        """)
    } else {
      let truth = density.logNormalizer.map { ", in truth \($0.formatted(4))" } ?? ""
      print(
        """
        bound  evidence lower bound, at most log Z: \
        \(scores.bound.formatted(4))\(plusMinus(scores.boundStandardError)) nats
        log Z  \(scores.logNormalizer.formatted(4))\
        \(plusMinus(scores.logNormalizerStandardError)) nats\(truth)
        draws  \(grouped(draws)), worth \(scores.effectiveSampleSize.formatted(0)) of the target
        """)
    }
  }

  private func refuseWhatIsForFiles() throws {
    try refuse(
      [
        "images": input.images != nil, "audio": input.audio != nil, "window": window != nil,
        "precision": precision != nil, "per-file": perFile != nil, "record": record != nil,
        "class": className != nil, "follow-links": input.links.follow,
      ], notForTables)
  }
}

extension Table {
  /// Says which columns of its file were not read.
  func sayPassedOver() {
    guard !passedOver.isEmpty else { return }
    let more = passedOver.count > 6 ? ", …" : ""
    note(
      "\(path): \(counted(passedOver.count, "column")) not of the model passed over: "
        + passedOver.prefix(6).joined(separator: ", ") + more)
  }

  /// Says how many rows were left out.
  func sayDropped() {
    if dropped > 0 {
      note("\(path): \(counted(dropped, "row")) left out, as they lack a value")
    }
  }
}
