import ArgumentParser
import Detection
import Foundation
import Media
import Models
import Training

/// `glow calibrate`
struct CalibrateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "calibrate",
    abstract:
      "Learns what known-good data score, so that `glow detect` finds what does not belong.",
    discussion: """
      EXAMPLES
        glow calibrate checkpoints/photos --held-out
        glow calibrate checkpoints/photos --images good/
        glow calibrate checkpoints/speech --audio good/
        glow calibrate checkpoints/wine --table good.csv

      The data must be good ones that the model has not learned from: what a model has learned, it \
      knows too well. --held-out takes those that the run held out to validate on; --images, --audio \
      or --table then says where the run's data are now, if they moved. An alarm that known-good files \
      raise 1 time in 100 needs more than 100 of them.

      The calibration is written beside the checkpoint, NAME.calibration.safetensors, and belongs to \
      these weights.
      """)

  @OptionGroup var model: ModelArguments
  @OptionGroup var data: ScoredDataOptions
  @Flag(help: "Take what the run held out to validate on.")
  var heldOut = false
  @Option(
    help: ArgumentHelp("Where to write it (default: beside the checkpoint).", valueName: "file"),
    completion: .file())
  var output: String?
  @Flag(help: "Print one JSON object.")
  var json = false
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    if heldOut {
      try refuse(
        ["follow-links": data.links.follow, "drop-missing": data.tableOptions.dropMissing],
        "excludes --held-out")
    }
  }

  func run() throws {
    threads.apply()
    let (checkpoint, model) = try model.loadAny()
    try requireDetectable(model, checkpoint)
    let output = output ?? Calibration.path(of: checkpoint.path)
    try Output.tryAll(
      .file("output", output, .tensors), reading: [checkpoint.path, data.table])
    let known = try ScoredData(data, checkpoint, model, heldOut: heldOut)
    let calibration = try Calibration(known.statistics, known.source)
    let learned = absolute(checkpoint.config.data.source)
    if !heldOut, known.source.path == learned || known.source.path.hasPrefix(learned + "/") {
      warn(
        "the model has learned from these, so that it knows them too well: --held-out takes those "
          + "that it has not seen")
    }
    let far = calibration.farOut
    if !far.isEmpty {
      let names = far.prefix(10).joined(separator: ", ") + (far.count > 10 ? ", …" : "")
      warn(
        "\(counted(far.count, known.noun)) far from all the others; if not good, without them more is "
          + "found: \(names)")
    }
    if let problem = calibration.problem(with: AlarmOptions.defaultAlarm) {
      warn("by default, \(problem)")
    }
    try calibration.write(to: output)
    let count = known.statistics.items.count
    if json {
      print(
        """
        {"files":\(count),"passed_over":\(known.passedOver),"far_out":\(far.count),\
        "scores":[\(calibration.scores.map { "\"\($0)\"" }.joined(separator: ","))]}
        """)
    } else {
      print(
        """
        calibrated on \(counted(count, known.noun)), of \(known.source.path)\
        \(heldOut ? ", which the run held out" : "")
        written    \(output)
        alarm      may be anything above \(String(format: "%.2g", 1 / Double(count))), 1 in \(grouped(count))
        """)
    }
  }
}
