import Detection
import Foundation
import Media
import Models
import Plots
import Training

/// What `glow detect --per-file` wrote, beside what known-good files score.
extension PlotCommand {
  func drawScores(_ path: String, _ checkpoint: Checkpoint, _ model: any Model) throws {
    try refuse(
      [
        "table": table != nil, "images": images != nil, "view": view != .density,
        "interval": interval != nil, "columns": columns != nil, "count": count != nil,
        "given": !context.given.isEmpty,
      ], "excludes --scores")
    try requireDetectable(model, checkpoint)
    let known = try judging.read(of: checkpoint, model)
    let score = judging.score
    let tested = try Self.kinds(path, score)
    let good = tested[0].name == "good" ? tested[0].scores : nil
    let kinds = tested.enumerated().map { i, kind in
      let rate = good.flatMap { good in
        i == 0 ? nil : RankingQuality.characteristic(good: good, other: kind.scores)
      }
      return Figure.TestedKind(
        name: kind.name, scores: kind.scores, found: rate.map { Curve(x: $0.good, y: $0.other) })
    }
    let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    try Figure.scores(
      known: known.known(score), tested: kinds,
      threshold: known.threshold(score, alarm: judging.alarm), label: "\(score) score",
      title: "\(name): alarm at p ≤ \(judging.alarm)"
    ).write(to: output)
  }

  /// The scores of each kind of file; of all as one where they lie in no folders, or none is of
  /// good ones.
  private static func kinds(_ path: String, _ score: Score) throws -> [(
    name: String, scores: [Double]
  )] {
    let rows = try CSV.cells(reading: path)
    func malformed(_ reason: String) -> FileError {
      FileError(path: path, reason: reason, kind: .malformed)
    }
    guard let heading = rows.first, let column = heading.firstIndex(of: score.rawValue),
      let kind = heading.firstIndex(of: "kind")
    else {
      throw malformed("has no columns kind and \(score), which glow detect --per-file writes")
    }
    var byKind: [String: [Double]] = [:]
    for (n, row) in rows.enumerated().dropFirst() {
      guard let value = Double(row[column]) else {
        throw malformed("row \(n + 1): \(score) is not a number")
      }
      byKind[row[kind], default: []].append(value)
    }
    guard !byKind.isEmpty else { throw malformed("holds no files") }
    if byKind["good"] == nil { return [("tested", byKind.values.flatMap(\.self))] }
    let others = byKind.keys.filter { $0 != "good" }.sorted()
    return (["good"] + others).map { ($0, byKind[$0] ?? []) }
  }
}
