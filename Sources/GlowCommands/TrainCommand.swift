import ArgumentParser
import Foundation
import Media
import Models
import Tensors
import Training

/// `glow train`, and `glowtrain` itself.
public struct TrainCommand: LearningCommand {
  public static let configuration = CommandConfiguration(
    commandName: "train",
    abstract: "Learns a folder of PNG or WAV files.",
    discussion: """
      The folder is read with all below it. Alone, --images or --audio is enough: the rest is \
      chosen to suit the files, and said.

      EXAMPLES
        glowtrain --images photos/
        glowtrain --audio speech/
        glowtrain --audio speech/ --condition mel
        glowtrain --images digits/ --levels 3 --steps 16 --minutes 60 --output checkpoints/digits
        glowtrain --config checkpoints/digits/config.yaml --seed 2
        glowtrain --resume checkpoints/digits
        glowtrain --resume checkpoints/digits --minutes 120

      Under mpirun, several machines train one model, with the same options: docs/scaling.md.

      Ctrl-C saves and ends (status 130); --resume goes on from there to the end that was given; \
      with --output, in another directory, and the run stays as it was.

      LIMITS  images of 2^28 pixels, sounds of 2^36 bytes, checkpoint headers of 64 MiB; one file in \
      ten may be bad. Hidden names and special files are passed over.
      """)

  @Option(
    help: ArgumentHelp("The folder of PNG files to learn.", valueName: "dir"),
    completion: .directory)
  var images: String?
  @Option(
    help: ArgumentHelp("The folder of WAV files to learn.", valueName: "dir"),
    completion: .directory)
  var audio: String?
  @OptionGroup var held: ValidationOptions
  @OptionGroup var links: LinkOptions
  @Flag(
    inversion: .prefixedNo, exclusivity: .chooseLast,
    help: "Learn a prior for each class; classes are subfolders.")
  var classConditional: Bool?

  @Option(help: ArgumentHelp("Size of the images (default: the most common).", valueName: "wxh"))
  var size: ImageSize?
  @Option(
    help: ArgumentHelp(
      "Frames of sound learned at once (default: what nine files in ten have, at most 8192).",
      valueName: "n"))
  var segment: Int?
  @Option(
    help: ArgumentHelp(
      "1 for gray, 3 for colour; of sound, 1 for mono (default: as the files).", valueName: "n"))
  var channels: Int?
  @OptionGroup(title: "MODEL") var model: ModelOptions
  @OptionGroup(title: "SOUND") var audioOptions: AudioOptions
  @Option(
    help: ArgumentHelp(
      "Tell the nets the mel spectrum of the sound, for glow vocode (default: nothing)."))
  var condition: ConditionKind?
  @OptionGroup(title: "MEL SPECTRUM") var mel: MelOptions

  @OptionGroup(title: "TRAINING") var training: RunOptions
  @Flag(inversion: .prefixedNo, exclusivity: .chooseLast, help: "Mirror half of the images.")
  var flip: Bool?
  @Option(
    help: "Number format of the coupling nets (default: auto, bfloat16 where it is faster).")
  var precision: PrecisionChoice?
  @Option(
    help: "Keep activations for the gradient, or rebuild them in less memory (default: auto).")
  var memory: MemoryChoice?
  @Option(
    help: ArgumentHelp(
      "Rounds that a batch, or each rank's share of it, is taken in, where memory is short.",
      valueName: "n"))
  var accumulate: Int?
  @OptionGroup var threads: ThreadOptions

  typealias Model = GlowConfiguration
  typealias Session = TrainingSession
  static var options: [Row] { Row.all }
  static let program = "glowtrain"

  public init() {}

  public func validate() throws {
    try check(images == nil || audio == nil, "--images and --audio exclude each other")
    if audio != nil {
      try check(size == nil, "--size is for images; --segment is for sounds")
      try check(model.bits == nil, "--bits is for images")
      try check(flip != true, "--flip is for images")
    }
    if images != nil {
      try check(
        segment == nil && model.layers == nil && audioOptions.isEmpty && condition == nil,
        "--segment, --layers, --sample-rate, --resample, --skip-suspicious and --condition are for "
          + "sounds")
    }
    try checkAll(Row.all, of: self)
    if images != nil { try check("channels", channels, GlowConfiguration.imageChannels) }
  }

  public func run() throws {
    let command = try withConfig()
    // not in validate(), which comes before the parser's word on options that there are not
    try check(
      command.images != nil || command.audio != nil || command.training.resume != nil,
      "--images DIR or --audio DIR says what to learn")
    try check(
      command.mel.isEmpty || command.condition != nil || command.training.resume != nil,
      "--mel-bands, --fft, --hop, --fmin and --fmax are for --condition mel")
    try command.learn()
  }

  var isConditional: Bool { classConditional == true }

  /// The training options for a model, with what was left open taken from `defaults`.
  /// A usage error if a batch has not an example for each rank.
  func options(
    _ defaults: TrainingOptions, for model: GlowConfiguration, isNew: Bool = false
  ) throws -> TrainingOptions {
    var o = defaults
    for option in RunOption<RunOptions, TrainingOptions>.all { option.set(training, &o) }
    for option in RunOption<TrainCommand, TrainingOptions>.all { option.set(self, &o) }
    let ranks = World.ranks
    try check(
      o.batch >= ranks.size, "--batch \(o.batch) has not an example for each of \(ranks.size) ranks"
    )
    if isNew || accumulate != nil {
      o.cut(
        for: ranks, threads: ThreadPool.threads, rounds: accumulate ?? 1,
        parameters: Glow(model).parameterCount)
    } else {
      o.shareOut(to: ranks)
    }
    o.memory =
      memory?.resolved(
        for: model, batch: o.examplesAtOnce(threads: ThreadPool.threads), o.netPrecision)
      ?? o.memory
    return o
  }
}
