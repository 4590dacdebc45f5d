import Detection
import Foundation
import Media

/// What `glow detect` says.
struct DetectionReport {
  /// One kind of file against the good ones.
  private struct Kind {
    let name: String
    let files: Int
    let alarms: Interval
    /// By each score; nil of the good ones themselves.
    let qualities: [(score: Score, quality: RankingQuality)]?
  }

  /// The folder of good files.
  private static let good = "good"

  private let detection: Detection
  private let known: Calibration
  private let noun: String
  private let passedOver: Int
  private let top: ArraySlice<Detection.Finding>
  private let group: GroupTest?
  private let bits: [String: Double]
  /// Good ones first; none where there is no folder of them.
  private let kinds: [Kind]
  /// All that are not good, where they are of several kinds.
  private let others: Kind?

  /// Of what was found; of kinds, `scores` are reported.
  init(
    _ detection: Detection, _ known: Calibration, _ tested: ScoredData, top: Int,
    group: GroupTest?, scores: [Score]
  ) {
    (self.detection, self.known, self.group) = (detection, known, group)
    (noun, passedOver) = (tested.noun, tested.passedOver)
    self.top = detection.ranked.prefix(top)
    bits = Dictionary(
      zip(tested.statistics.items, tested.statistics.means("bits")),
      uniquingKeysWith: { first, _ in first })
    let scores = known.scores.enumerated().filter { scores.contains($0.element) }
    let byKind = Dictionary(grouping: detection.findings, by: { $0.kind ?? "" })
    guard let good = byKind[Self.good] else {
      (kinds, others) = ([], nil)
      return
    }
    func kind(_ name: String, _ files: [Detection.Finding], isGood: Bool = false) -> Kind {
      Kind(
        name: name, files: files.count,
        alarms: RankingQuality.rate(files.count { $0.p <= detection.alarm }, of: files.count),
        qualities: isGood
          ? nil
          : scores.map { i, score in
            (
              score,
              RankingQuality(good: good.map { $0.scores[i] }, other: files.map { $0.scores[i] })
            )
          })
    }
    let names = byKind.keys.filter { $0 != Self.good }.sorted()
    kinds =
      [kind(Self.good, good, isGood: true)] + names.map { kind($0, byKind[$0] ?? []) }
    others = names.count > 1 ? kind("all of these", names.flatMap { byKind[$0] ?? [] }) : nil
  }

  // MARK: For people

  var text: String {
    let count = detection.findings.count
    let summary =
      "\(grouped(detection.alarms)) of \(counted(count, noun)) "
      + "\(detection.alarms == 1 ? "raises" : "raise") the alarm at p ≤ \(detection.alarm) "
      + "(\(detection.score) score; \(counted(known.statistics.items.count, "known-good \(noun)")))"
    let left =
      passedOver > 0 ? ["\(counted(passedOver, noun)) could not be scored: see the notes"] : []
    return ([summary] + left + together + listed + table).joined(separator: "\n")
  }

  private var together: [String] {
    guard let group else { return [] }
    return [
      "together   p = \(String(format: "%.2g", group.p)): how often as many drawn from the known and the "
        + "tested ones at random differ so much from the rest"
    ]
  }

  private var listed: [String] {
    guard !top.isEmpty else { return [] }
    let size = known.scores.firstIndex(of: .size)
    let (packer, unit) = noun == "sound" ? ("FLAC", "bits/sample") : ("PNG", "bits/dim")
    let heading =
      ["p", "score", noun == "row" ? "bits" : unit] + (size == nil ? [] : [packer])
    return ["", (heading.map { $0.leading(8) } + [" \(noun)"]).joined(separator: "  ")]
      + top.map { finding in
        let numbers =
          [finding.score, bits[finding.item] ?? .nan] + (size.map { [finding.scores[$0]] } ?? [])
        let cells =
          [String(format: "%.2g", finding.p)] + numbers.map(Self.short)
        return cells.map { $0.leading(8) }.joined(separator: "  ")
          + "   " + FileError.oneLine(finding.item)
          + (finding.p <= detection.alarm ? "" : "  (no alarm)")
      } + (size == nil ? [] : ["\(packer): what it needs for the same, \(unit)"])
  }

  /// With three decimals, or where it is very large few digits.
  private static func short(_ value: Double) -> String {
    abs(value) < 10_000 ? value.formatted(3) : String(format: "%.2g", value)
  }

  /// The width of "0.981 [0.972, 0.989]".
  private static let cell = 20

  private var table: [String] {
    guard !kinds.isEmpty else { return [] }
    let rows = kinds + [others].compactMap(\.self)
    let width = max(4, rows.map(\.name.count).max() ?? 4)
    let heading =
      "kind".padding(width) + "  files  "
      + ["alarms", "AUROC", "average precision", "AUROC of size alone"]
      .map { $0.padding(Self.cell) }.joined(separator: "  ")
    return ["", heading]
      + rows.map { kind in
        let own = kind.qualities?.first { $0.score == detection.score }?.quality
        let size = kind.qualities?.first { $0.score == .size }?.quality
        let cells = [
          kind.alarms.cell, own?.auroc.cell ?? "", own?.averagePrecision.cell ?? "",
          size?.auroc.cell ?? "",
        ]
        let line =
          FileError.oneLine(kind.name).padding(width) + "  " + "\(kind.files)".leading(5) + "  "
          + cells.map { $0.padding(Self.cell) }.joined(separator: "  ")
        return line.replacing(/[ ]+$/, with: "")
      }
      + ["intervals of 95 %; alarms are the part of files that raise it"]
  }

  // MARK: For programs

  private struct Contents: Encodable {
    var files, knownGood, alarmed, passedOver: Int
    var score: String
    var alarm: Double
    var threshold: Double?
    var together: [String: Double]?
    var top: [Found]
    var kinds: [String: Quality]?
    var all: Quality?
  }

  private struct Found: Encodable {
    var file: String
    var kind: String?
    var p: Double
    var score, bits, size: Double?
  }

  private struct Quality: Encodable {
    var files: Int
    var alarms: Double
    var alarmsInterval: [Double]
    var auroc, averagePrecision: Double?
    var aurocInterval, averagePrecisionInterval: [Double]?
    var scores: [String: [String: Double]]?

    init(_ kind: Kind, _ score: Score) {
      (files, alarms) = (kind.files, kind.alarms.value)
      alarmsInterval = [kind.alarms.low, kind.alarms.high]
      guard let qualities = kind.qualities, let own = qualities.first(where: { $0.score == score })
      else { return }
      (auroc, averagePrecision) = (own.quality.auroc.value, own.quality.averagePrecision.value)
      aurocInterval = [own.quality.auroc.low, own.quality.auroc.high]
      averagePrecisionInterval = [
        own.quality.averagePrecision.low, own.quality.averagePrecision.high,
      ]
      scores = Dictionary(
        uniqueKeysWithValues: qualities.map { score, quality in
          (
            score.rawValue,
            [
              "auroc": quality.auroc.value, "auroc_low": quality.auroc.low,
              "auroc_high": quality.auroc.high,
              "average_precision": quality.averagePrecision.value,
            ]
          )
        })
    }
  }

  var json: String {
    get throws {
      func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }
      let contents = Contents(
        files: detection.findings.count, knownGood: known.statistics.items.count,
        alarmed: detection.alarms, passedOver: passedOver, score: detection.score.rawValue,
        alarm: detection.alarm,
        threshold: finite(known.threshold(detection.score, alarm: detection.alarm)),
        together: group.map { ["p": $0.p, "draws": Double($0.draws)] },
        top: top.map { finding in
          Found(
            file: finding.item, kind: finding.kind, p: finding.p, score: finite(finding.score),
            bits: finite(bits[finding.item]),
            size: known.scores.firstIndex(of: .size).map { finding.scores[$0] })
        },
        kinds: kinds.isEmpty
          ? nil
          : Dictionary(
            uniqueKeysWithValues: kinds.map { ($0.name, Quality($0, detection.score)) }),
        all: others.map { Quality($0, detection.score) })
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      encoder.keyEncodingStrategy = .convertToSnakeCase
      return String(decoding: try encoder.encode(contents), as: UTF8.self)
    }
  }
}

extension Interval {
  /// "0.981 [0.972, 0.989]"
  fileprivate var cell: String {
    "\(value.formatted(3)) [\(low.formatted(3)), \(high.formatted(3))]"
  }
}

extension String {
  /// With spaces behind it up to a width.
  fileprivate func padding(_ width: Int) -> String {
    self + String(repeating: " ", count: max(0, width - count))
  }

  /// With spaces before it up to a width.
  fileprivate func leading(_ width: Int) -> String {
    String(repeating: " ", count: max(0, width - count)) + self
  }
}
