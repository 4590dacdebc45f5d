import ArgumentParser
import Foundation
import Media
import Models
import Tensors
import Training

/// `glow train`, and `glowtrain` itself.
public struct TrainCommand: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Learns a folder of PNG or WAV files.",
    discussion: """
      The folder is read with all below it. Alone, --images or --audio is enough: the rest is \
      chosen to suit the files, and said.

      EXAMPLES
        glowtrain --images photos/
        glowtrain --audio speech/
        glowtrain --images digits/ --levels 3 --steps 16 --minutes 60 --output checkpoints/digits
        glowtrain --resume checkpoints/digits
        glowtrain --resume checkpoints/digits --minutes 120

      Ctrl-C saves and ends (status 130); --resume goes on from there to the end that was given.

      LIMITS  images of 2^28 pixels, sounds of 2^36 bytes, checkpoint headers of 64 MiB; one file in \
      ten may be bad. Hidden names, symbolic links and special files are passed over.
      """)

  @Option(help: ArgumentHelp("The folder of PNG files to learn.", valueName: "dir"))
  var images: String?
  @Option(help: ArgumentHelp("The folder of WAV files to learn.", valueName: "dir"))
  var audio: String?
  @Option(help: ArgumentHelp("A folder to validate on.", valueName: "dir"))
  var validation: String?
  @Option(
    help: ArgumentHelp(
      "The part of the files held out to validate on (default: 0.1, at most 1,000 files).",
      valueName: "part"))
  var validationFraction: Double?
  @Option(
    help: ArgumentHelp("Where the run is written (default: checkpoints/NAME).", valueName: "dir"))
  var output: String?
  @Option(
    help: ArgumentHelp(
      "A run to go on with, to its end or another; that counts from its start.", valueName: "dir"))
  var resume: String?
  @Flag(help: "Learn a prior for each class; classes are subfolders.")
  var classConditional = false

  @OptionGroup(title: "MODEL") var model: ModelOptions
  @OptionGroup(title: "SOUND") var audioOptions: AudioOptions

  @Option(help: ArgumentHelp("Images or segments in a step.", valueName: "n"))
  var batch: Int?
  @Option(help: ArgumentHelp("End after so many steps.", valueName: "n"))
  var iterations: Int?
  @Option(help: ArgumentHelp("End after so many passes through the files.", valueName: "n"))
  var epochs: Int?
  @Option(
    help: ArgumentHelp("End after so many minutes of training (default: 30).", valueName: "m"))
  var minutes: Double?
  @Option(help: "The rule that turns gradients into steps (default: adam).")
  var optimizer: TrainingOptions.OptimizerKind?
  @Option(help: ArgumentHelp("Step size (default: 0.001, of sound 0.002).", valueName: "r"))
  var learningRate: Float?
  @Option(
    help: ArgumentHelp("Steps over which the rate rises to it (default: 100).", valueName: "n"))
  var warmup: Int?
  @Option(help: ArgumentHelp("Decoupled weight decay (default: 0).", valueName: "r"))
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
  @Flag(help: "Mirror half of the images.")
  var flip = false
  @Option(help: ArgumentHelp("What all random numbers derive from (default: 0).", valueName: "s"))
  var seed: UInt64?
  @Option(
    help: "Number format of the coupling nets (default: auto, bfloat16 where it is faster).")
  var precision: PrecisionChoice?
  @Option(
    help: "Keep activations for the gradient, or rebuild them in less memory (default: auto).")
  var memory: MemoryChoice?
  @Option(
    help: ArgumentHelp("Parts that a batch is taken in, where memory is short.", valueName: "n"))
  var accumulate: Int?

  @Option(help: ArgumentHelp("Steps between validations (default: 500).", valueName: "n"))
  var evaluateEvery: Int?
  @Option(
    help: ArgumentHelp(
      "Steps between savings (default: 500); five minutes at most.", valueName: "n"))
  var saveEvery: Int?
  @Option(help: ArgumentHelp("Steps between samples (default: 1000).", valueName: "n"))
  var sampleEvery: Int?
  @Option(help: "After ten steps in a row that are not finite: end, or go back at half the rate.")
  var onDivergence: TrainingRun.OnDivergence = .stop
  @Flag(help: "Print errors only.")
  var quiet = false
  @OptionGroup var threads: ThreadOptions

  public init() {}

  public func validate() throws {
    try check(
      images != nil || audio != nil || resume != nil,
      "--images DIR or --audio DIR says what to learn")
    try check(images == nil || audio == nil, "--images and --audio exclude each other")
    if audio != nil {
      try check(model.size == nil, "--size is for images; --segment is for sounds")
      try check(model.bits == nil, "--bits is for images")
      try check(!flip, "--flip is for images")
    }
    if images != nil {
      try check(
        model.segment == nil && model.layers == nil && audioOptions.isEmpty,
        "--segment, --layers, --sample-rate, --resample and --skip-suspicious are for sounds")
      try check(
        model.channels.map { $0 == 1 || $0 == 3 } ?? true, "--channels must be 1 or 3 for images")
    }
    try check(
      validation == nil || validationFraction == nil,
      "--validation and --validation-fraction exclude each other")
    try check(
      [iterations != nil, epochs != nil, minutes != nil].count { $0 } <= 1,
      "--iterations, --epochs and --minutes exclude each other")
    try check(
      validationFraction.map { $0 >= 0 && $0 < 1 } ?? true,
      "--validation-fraction must be at least 0 and below 1")
    try check(minutes.map { $0 > 0 && $0.isFinite } ?? true, "--minutes must be above 0")
    for (name, count) in [
      ("iterations", iterations), ("epochs", epochs), ("save-every", saveEvery),
    ] {
      let bounds = TrainingOptions.stepCounts
      try check(count.map(bounds.contains) ?? true, "--\(name) \(bounds.description)")
    }
    for option in KeptOption.all {
      if let error = option.error(self) { throw ValidationError(error) }
    }
  }

  public func run() throws {
    threads.apply()
    let session =
      try resume.map { try TrainingSession(resuming: $0, self) } ?? TrainingSession(self)
    session.describe()
    Interruption.watch()
    try session.run()
    if let status = Interruption.status { throw ExitCode(status) }
  }

  /// The training options for a model, with what was left open taken from `defaults`.
  func options(_ defaults: TrainingOptions, for model: GlowConfiguration) -> TrainingOptions {
    var o = defaults
    for option in KeptOption.all { option.set(self, &o) }
    o.memory = memory?.resolved(for: model, batch: o.partSize, o.netPrecision) ?? o.memory
    return o
  }

  /// The plan, for a set of so many examples; `given` is the end of the run that is gone on with.
  func plan(examples: Int, batch: Int, given: TrainingRun.End? = nil) -> TrainingRun.Plan {
    var plan = TrainingRun.Plan()
    if let given { plan.end = given }
    if let iterations { plan.end = .iterations(iterations) }
    if let epochs { plan.end = .iterations((epochs * examples + batch - 1) / batch) }
    if let minutes { plan.end = .minutes(minutes) }
    plan.saveEvery = saveEvery ?? plan.saveEvery
    plan.onDivergence = onDivergence
    return plan
  }
}
