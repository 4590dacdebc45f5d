import ArgumentParser
import Foundation
import Media
import Models
import Tensors
import Training

/// What every run takes, whatever it learns.
struct RunOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Where the run is written (default: checkpoints/NAME).", valueName: "dir"),
    completion: .directory)
  var output: String?
  @Option(
    help: ArgumentHelp(
      "A run to go on with, to its end or another, which counts from its start; "
        + "with --output, a copy of it goes on there.", valueName: "dir"), completion: .directory)
  var resume: String?
  @Option(
    help: ArgumentHelp("Images, segments or rows in a step (default: to suit).", valueName: "n"))
  var batch: Int?
  @Option(help: ArgumentHelp("End after so many steps.", valueName: "n"))
  var iterations: Int?
  @Option(help: ArgumentHelp("End after so many passes through the data.", valueName: "n"))
  var epochs: Int?
  @Option(
    help: ArgumentHelp(
      "End after so many minutes of training (default: 30, if nothing ends it sooner).",
      valueName: "m"))
  var minutes: Double?
  @Option(
    help:
      "The rule that turns gradients into steps (default: muon of images and sounds, else adam).")
  var optimizer: TrainingOptions.OptimizerKind?
  @Option(
    help: ArgumentHelp(
      "Steps from one move of a matrix by Muon to the next (default: so many that these are an "
        + "eighth of a step's arithmetic at most).", valueName: "n"))
  var muonInterval: Int?
  @Option(
    help: ArgumentHelp(
      "Step size (default: 0.002; fit 0.001, of fewer than 2,000 rows 0.0003; vae 0.001).",
      valueName: "r"))
  var learningRate: Float?
  @Option(
    help: ArgumentHelp("Steps over which the rate rises to it (default: 100).", valueName: "n"))
  var warmup: Int?
  @Option(
    help: ArgumentHelp(
      "The part of the run, at its end, over which the rate falls to 0 (default: 0.5; fit, vae 0).",
      valueName: "part"))
  var cooldown: Double?
  @Option(
    help: ArgumentHelp(
      "Decoupled weight decay (default: 0; fit of fewer than 2,000 rows 1).", valueName: "r"))
  var weightDecay: Float?
  @Option(
    help: ArgumentHelp(
      "Bound on the gradient's norm, 0 for none (default: twice its running mean).",
      valueName: "r"))
  var clipNorm: Float?
  @Option(
    help: ArgumentHelp("What the averaged weights keep in a step (default: 0.999).", valueName: "r")
  )
  var ema: Float?
  @Option(help: ArgumentHelp("What all random numbers derive from (default: 0).", valueName: "s"))
  var seed: UInt64?
  @Option(
    help: ArgumentHelp(
      "Steps between validations (default: 500; of fit an epoch, from 50 to 500).", valueName: "n")
  )
  var evaluateEvery: Int?
  @Option(
    help: ArgumentHelp(
      "Steps between savings (default: 500); five minutes at most.", valueName: "n"))
  var saveEvery: Int?
  @Option(help: ArgumentHelp("Steps between samples (default: 1000).", valueName: "n"))
  var sampleEvery: Int?
  @Option(
    help:
      "After ten steps in a row that are not finite, or if the model no longer inverts: end, or go back at half the rate (default: stop)."
  )
  var onDivergence: TrainingRun.OnDivergence?
  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Write the run for TensorBoard too (default: as a run that is resumed did).")
  var tensorboard: Bool?
  @Flag(inversion: .prefixedNo, exclusivity: .chooseLast, help: "Print errors only.")
  var quiet: Bool?
  @Option(
    help: ArgumentHelp(
      "Options from a YAML or JSON file, by their names; those given here win.", valueName: "file"),
    completion: .file())
  var config: String?
  @Flag(help: "Print what was chosen, as --config reads it, and end.")
  var printConfig = false
  @Flag(
    help: "Time three steps, say how much memory they take and when it would end; write nothing.")
  var dryRun = false

  /// What `--patience` may be.
  static let patiences = Bounds<Int>("must not be negative") { $0 >= 0 }

  /// What a run's end in minutes may be.
  static let durations = Bounds<Double>("must be above 0") { $0 > 0 && $0.isFinite }

  var isQuiet: Bool { quiet == true || printConfig }

  /// Whether an end was given.
  var hasEnd: Bool { iterations != nil || epochs != nil || minutes != nil }

  func validate() throws {
    try check(
      [iterations != nil, epochs != nil, minutes != nil].count { $0 } <= 1,
      "--iterations, --epochs and --minutes exclude each other")
  }

  /// A usage error if Muon is asked for where there is nothing for it.
  func checkNoMuon() throws {
    try check(
      optimizer != .muon && muonInterval == nil,
      "--optimizer muon and --muon-interval are for images and sounds")
  }

  /// Before anything is said.
  func begin() throws {
    try check(!(printConfig && dryRun), "--print-config and --dry-run exclude each other")
    Messages.areOff.store(isQuiet || !World.ranks.isLeader, ordering: .relaxed)
  }

  /// Prints what was chosen and ends there, if that was asked for; else the text for the run's
  /// directory, without that directory: another run needs another.
  func chosen<Command, Model>(
    _ settings: RunSettings<Model>, _ options: [RunOption<Command, RunSettings<Model>>]
  ) throws -> String {
    guard printConfig else {
      return try ConfigFile.text(of: settings, options.filter { $0.name != "output" })
    }
    let text = try ConfigFile.text(of: settings, options)
    throw CleanExit.message(text.trimmingCharacters(in: .newlines))
  }

  /// The plan, for a set of so many examples; `given` is the end of the run that is gone on with.
  func plan(examples: Int, batch: Int, given: TrainingRun.End? = nil) -> TrainingRun.Plan {
    var plan = TrainingRun.Plan()
    if let given { plan.end = given }
    if let iterations { plan.end = .iterations(iterations) }
    if let epochs { plan.end = .iterations((epochs * examples + batch - 1) / batch) }
    if let minutes { plan.end = .minutes(minutes) }
    plan.saveEvery = saveEvery ?? plan.saveEvery
    plan.onDivergence = onDivergence ?? .stop
    return plan
  }
}
