import ArgumentParser
import Detection
import Foundation
import Media
import Models
import Training

/// `glow detect`
struct DetectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "detect",
    abstract: "Finds the images, sounds or rows that do not belong to what is known to be good.",
    discussion: """
      EXAMPLES
        glow calibrate checkpoints/photos --held-out
        glow detect checkpoints/photos --images new/
        glow detect checkpoints/photos --images new/ --maps maps/ --per-file scores.csv
        glow detect checkpoints/speech --audio new/ --alarm 0.001 --json
        glow detect checkpoints/wine --table new.csv --top 50
        glow detect checkpoints/photos --images new/ --together

      p says how often a known-good file scores as much or more; the alarm is raised where it is at \
      most --alarm. So of good files like the known ones a part of at most --alarm raises it, whatever \
      the model.

      SCORES  combined: the distance of all statistics of the latents, and of the packed size, from \
      those of known-good files; bits: bits/dim; typicality: how far bits are from the known, either \
      way; levels: each level's log-det and log density; complexity: bits less what PNG or FLAC needs; \
      fit: how far the latents are from N(0, 1); size: what PNG or FLAC needs

      Where the folder has subfolders, one of them called good, AUROC and average precision of each \
      other one against it are reported, with intervals of 95 %, and those of the packed size beside \
      them, which needs no model and is often as good; and of all the part that raises the alarm.

      Images larger than those that the model has learned from are cut into tiles that overlap, and \
      the most surprising one counts. --maps shows where the surprise lies: bits by pixels, or by \
      moments.
      """)

  @OptionGroup var model: ModelArguments
  @OptionGroup var data: ScoredDataOptions
  @OptionGroup var judging: AlarmOptions
  @Option(help: ArgumentHelp("How many of the most surprising to list and to map.", valueName: "n"))
  var top = 10
  @Flag(help: "Test whether all of them together are drawn from what is known.")
  var together = false
  @Flag(help: "Print one JSON object.")
  var json = false
  @Option(
    help: ArgumentHelp("Write each file's or row's p and scores.", valueName: "file.csv"))
  var perFile: String?
  @Option(
    help: ArgumentHelp(
      "Write maps of the most surprising files into this folder.", valueName: "dir"),
    completion: .directory
  )
  var maps: String?
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    try check(data.path != nil, "--images DIR, --audio DIR or --table TABLE says what to score")
    try check((0...1_000_000).contains(top), "--top must be 0 to 1000000")
    try check(maps == nil || data.table == nil, "--maps is for images and sounds")
  }

  func run() throws {
    threads.apply()
    let (checkpoint, model) = try model.loadAny()
    try requireDetectable(model, checkpoint)
    try Output.tryAll(
      .file("per-file", perFile, .list), .folder("maps", maps),
      reading: [checkpoint.path, data.table, judging.calibration])
    if let maps { try SurpriseFiles.requireEmpty(maps) }
    let known = try judging.read(of: checkpoint, model)
    let tested = try ScoredData(data, checkpoint, model)
    try requireAlike(known, tested)
    let score = judging.score
    let detection = Detection(
      tested.statistics, by: known, score: score, alarm: judging.alarm)
    if let perFile { try write(detection, known, to: perFile) }
    let group =
      together ? GroupTest(tested.statistics, by: known, score: score) : nil
    let report = DetectionReport(
      detection, known, tested, top: top, group: group,
      scores: json ? known.scores : [score, .size])
    print(json ? try report.json : report.text)
    fflush(nil)
    if let maps, let examples = tested.examples, let glow = model as? Glow {
      try SurpriseFiles(maps, glow, examples).write(detection.ranked.prefix(top).map(\.item))
    }
  }

  /// That what is tested was looked at as the known-good files were.
  private func requireAlike(_ known: Calibration, _ tested: ScoredData) throws {
    func name(_ tile: [Int]?) -> String {
      tile.map { "in tiles of \($0[0])x\($0[1])" } ?? "whole"
    }
    guard known.source.tile == tested.source.tile else {
      throw FileError(
        path: tested.source.path,
        reason: "is looked at \(name(tested.source.tile)), and the known-good images were "
          + "\(name(known.source.tile)); glow calibrate learns what good ones of this size score",
        kind: .malformed)
    }
    if known.source.path == tested.source.path {
      warn("these are what the calibration was made of")
    }
    guard let span = known.source.span else { return }
    let outside = tested.statistics.count(outside: span[0]...span[1])
    if outside > 0 {
      let (noun, less, more) =
        known.source.tile == nil ? ("sound", "shorter", "longer") : ("image", "smaller", "larger")
      warn(
        "\(counted(outside, noun)) \(less) or \(more) than all known-good ones, so that p says less: "
          + "files of another size score otherwise")
    }
  }

  /// Each file in the order of the set.
  private func write(_ detection: Detection, _ known: Calibration, to path: String) throws {
    let heading = "file,kind,p,alarm," + known.scores.map(\.rawValue).joined(separator: ",") + "\n"
    let rows = detection.findings.map { finding in
      "\(EvalCommand.quoted(finding.item)),\(EvalCommand.quoted(finding.kind ?? "")),\(finding.p),"
        + "\(finding.p <= detection.alarm ? 1 : 0),"
        + finding.scores.map { "\($0)" }.joined(separator: ",") + "\n"
    }
    try AtomicFile.write(heading + rows.joined(), to: path)
  }
}
