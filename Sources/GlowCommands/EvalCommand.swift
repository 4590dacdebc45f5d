import ArgumentParser
import Foundation
import Media
import Models
import Tensors
import Training

/// `glow eval`
struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Says how well a model knows images, sounds or the rows of a table.",
    discussion: """
      EXAMPLES
        glow eval checkpoints/photos --images test/
        glow eval checkpoints/photos --images test/ --draws 8 --per-file scores.csv
        glow eval checkpoints/photos --held-out
        glow eval checkpoints/digits --images sevens/ --class 7
        glow eval checkpoints/speech --audio test/
        glow eval checkpoints/vocoder --audio test/ --beside checkpoints/speech
        glow eval checkpoints/wine --table test.csv --per-row scores.csv
        glow eval checkpoints/U1 --draws 100000
        glow eval checkpoints/vae --images test/ --importance-samples 1000

      Images and sounds are scored in bits/dim, rows in nats: log p(x) of the columns as they are in \
      the table, more is better. Columns of whole numbers that the model dequantizes get one draw of \
      noise. A sampler of a target is scored by its own draws: the evidence lower bound, log Z by importance \
      sampling, and the effective sample size.

      With --held-out, just what the run held out to validate on is scored; its validation.txt names \
      the files, or the numbers of the rows. --images, --audio or --table then says where the run's \
      data are now, if they moved.

      Sounds are scored in consecutive windows, the last one cut to what the levels divide, and the \
      mean is over samples.

      Of a variational autoencoder, the bound (ELBO), its three terms, and an estimate of −log p(x) \
      (NLL) by importance sampling, which is above it in the mean and less so with more samples. It \
      takes a pass of the decoder for each sample of each example.

      One noise draw gives an unbiased estimate of an upper bound; several, combined by \
      log-mean-exp, a tighter one.
      """)

  @OptionGroup var model: ModelArguments
  @OptionGroup var input: ScoredDataOptions
  @Flag(help: "Score what the run held out to validate on.")
  var heldOut = false
  @Option(
    help: ArgumentHelp(
      "Score the same files by this model as well, such as one that is told nothing.",
      valueName: "checkpoint"), completion: .file())
  var beside: String?
  @Option(
    name: .customLong("class"),
    help: ArgumentHelp("The class of all files of the folder.", valueName: "name"))
  var className: String?
  @Option(
    help: ArgumentHelp("Frames of sound scored at once (default: the segment).", valueName: "n"))
  var window: Int?
  @Option(
    help: ArgumentHelp(
      "Noise draws of each image or window (default: 1), or a sampler's draws (default: 10000).",
      valueName: "k"))
  var draws: Int?
  @Option(
    help: ArgumentHelp(
      "Draws of the posterior for each example, of a variational autoencoder (default: 500).",
      valueName: "s"))
  var importanceSamples: Int?
  @Option(help: "Number format of the coupling nets (default: float32); auto is the fastest here.")
  var precision: PrecisionChoice?
  @Option(help: ArgumentHelp("What the noise derives from.", valueName: "s"))
  var seed: UInt64 = 0
  @Flag(help: "Print one JSON object.")
  var json = false
  @Option(
    help: ArgumentHelp("Write each file's bits/dim, or its ELBO and NLL.", valueName: "file.csv"))
  var perFile: String?
  @Option(
    help: ArgumentHelp(
      "Write each row's log-likelihood, or its ELBO and NLL; nats.", valueName: "file.csv"))
  var perRow: String?
  @Option(
    help: ArgumentHelp(
      "Write the very samples, noise and scores (of sounds, the whole windows).",
      valueName: "file.safetensors"))
  var record: String?
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    if heldOut {
      try refuse(
        [
          "window": window != nil, "class": className != nil, "follow-links": input.links.follow,
          "drop-missing": input.tableOptions.dropMissing, "beside": beside != nil,
        ],
        "excludes --held-out")
    }
    try check(window == nil || input.audio != nil, "--window is for sounds")
    try check(
      record == nil || draws ?? 1 == 1, "--record holds one draw's noise; it excludes --draws")
    try check(perRow == nil || input.images == nil && input.audio == nil, "--per-row is for tables")
    try check(perFile == nil || input.table == nil, "--per-file is for images and sounds")
  }

  func run() throws {
    threads.apply()
    let (checkpoint, model) = try model.loadAny()
    let ranks = World.ranks
    if !(model is Glow) { try World.share(model) }
    try check(ranks.size == 1 || record == nil, "--record is for one process")
    let other = try other(beside: model)
    let data = checkpoint.config.data
    if ranks.isLeader {
      try Output.tryAll(
        .file("per-file", perFile, .list), .file("per-row", perRow, .table),
        .file("record", record, .tensors),
        reading: [checkpoint.path, input.table ?? (heldOut ? data.validation ?? data.table : nil)])
    }
    if let other, !json, ranks.isLeader {
      print("\(self.model.checkpoint), and then \(other.command.model.checkpoint):")
    }
    if let vae = model as? VAE { return try score(vae, checkpoint) }
    try refuse(["importance-samples": importanceSamples != nil], onlyForVAEs)
    if let flow = model as? FlowDensity {
      if let target = flow.configuration.target {
        try score(flow, on: target, checkpoint)
      } else {
        try score(flow, checkpoint)
      }
    } else {
      try score(checkpoint.expect(model, as: Glow.self), checkpoint, beside: other)
    }
  }

  /// Images or sounds, and the very same by the model of `--beside`.
  private func score(_ glow: Glow, _ checkpoint: Checkpoint, beside other: Other?) throws {
    try refuse(
      ["table": input.table != nil, "drop-missing": input.tableOptions.dropMissing], onlyForTables)
    try check((1...10000).contains(draws ?? 1), "--draws must be 1 to 10000")
    var format = glow.configuration.format
    // what the levels of both divide: these are powers of 2
    if let other { format.unit = max(format.unit, other.glow.configuration.format.unit) }
    let set = try examples(format, checkpoint)
    let own = try label(of: set, for: glow.configuration)
    let its = try other.map { try $0.command.label(of: set, for: $0.glow.configuration) }
    say(set.windowNotes)
    var said: [FileError] = []
    // a file that is bad where the other's spectra alone look is one for neither
    try other.map { try set.findBad(telling: $0.glow.configuration) }
    var fields = try score(glow, checkpoint, on: set, label: own, &said)
    if let clamped = (set as? SoundSet)?.clamped, clamped > 0 {
      note("\(grouped(clamped)) samples were clamped to 16 bits")
    }
    if let other, let its {
      let beside = try other.command.score(
        other.glow, other.checkpoint, on: set, label: its, &said)
      fields += ",\"beside\":{\(beside)}"
    }
    if json, World.ranks.isLeader { print("{\(fields)}") }
  }

  /// The class of all files that `--class` says. Throws a `FileError` or a usage error where a model
  /// with classes can't tell those of a set.
  private func label(of set: any ExampleSet, for c: GlowConfiguration) throws -> Int? {
    let label = try className.map(c.label)
    if !c.classes.isEmpty, set.classes.isEmpty, label == nil {
      throw FileError(
        path: input.images ?? input.audio ?? "",
        reason:
          "is not divided into class folders, and the model has classes; --class NAME says its "
          + "class", kind: .malformed)
    }
    if let other = set.classes.first(where: { $0 != className && c.classes.contains($0) }) {
      try check(
        label == nil, "--class is for a folder of one class, and this one has \(other) as well")
    }
    return label
  }

  /// Scores a set, and returns the fields of its JSON, or prints a line or two. Files that were
  /// passed over are said unless they were before.
  private func score(
    _ glow: Glow, _ checkpoint: Checkpoint, on set: any ExampleSet, label: Int?,
    _ said: inout [FileError]
  ) throws -> String {
    let (c, draws) = (glow.configuration, draws ?? 1)
    glow.precision = (precision ?? .float32).resolved
    // as long as the sounds, where all are shorter than was asked for
    let widest = set.windows.map(\.width).max() ?? 0
    var scored: [Evaluation.Scored] = []
    try World.share(glow) {
      [
        ("--precision", glow.precision.rawValue), ("--draws", "\(draws)"), ("--seed", "\(seed)"),
        ("--class", className ?? "not given"),
        ("the number of windows", "\(set.windows.count)"),
        ("the data's fingerprint", FileManifest(named: set.paths).fingerprint),
      ]
    }
    let result = try Evaluation(
      of: glow, on: set, draws: draws, seed: seed, label: label, over: World.ranks
    ) {
      if record != nil, $0.width == widest { scored.append($0) }
    }
    for error in result.bad where !said.contains(where: { $0.path == error.path }) {
      note("passed over \(error)")
      said.append(error)
    }
    guard result.mean.isFinite else { throw Sampler.NotFinite() }
    guard World.ranks.isLeader else { return "" }
    let weights = model.weightsUsed(of: checkpoint)
    let sounds = set as? SoundSet
    if !json {
      let over =
        sounds.map {
          "over \(grouped(result.dimensions)) samples"
            + (widest < $0.segment ? ", each sound whole" : " in windows of \(grouped(widest))")
            + ", standard error over "
        } ?? "and standard error over "
      print(
        "\(result.mean.formatted(4))\(plusMinus(result.standardError)) \(c.medium.figure) "
          + "(mean \(over)\(counted(result.scores.count, "file")); \(counted(c.bits, "bit")), "
          + "\(counted(draws, "draw")), \(weights) weights"
          + (c.condition == nil ? "" : ", told the spectra")
          + (glow.precision == .float32 ? ")" : ", nets in \(glow.precision.rawValue))"))
      if draws > 1 {
        print(
          "\(result.bound.formatted(4)) \(c.medium.figure) is the bound that one draw gives, in the "
            + "mean over all")
      }
    }
    if let record { try Evaluation.write(scored, c, glow.precision, to: record) }
    if let perFile {
      let rows = result.scores.map {
        "\(Self.quoted($0.path)),\($0.bitsPerDimension)"
          + (sounds == nil ? "\n" : ",\($0.dimensions),\($0.bitsPerDimension)\n")
      }
      let heading = "file,bits_per_dim" + (sounds == nil ? "\n" : ",samples,bits_per_sample\n")
      try AtomicFile.write(heading + rows.joined(), to: perFile)
    }
    let lengths =
      sounds.map {
        "\"bits_per_sample\":\(result.mean),\"window\":\(widest),\"samples\":\(result.dimensions),\"left_out\":\($0.leftOut * c.channels),"
      } ?? ""
    return """
      "bits_per_dim":\(result.mean),"bound":\(result.bound),"standard_error":\(result.standardError.map { "\($0)" } ?? "null"),\
      "files":\(result.scores.count),\(lengths)"bits":\(c.bits),"draws":\(draws),\
      "conditional":\(c.condition != nil),"weights":"\(weights)","precision":"\(glow.precision.rawValue)","seed":\(seed)
      """
  }

  func examples(_ format: ExampleFormat, _ checkpoint: Checkpoint) throws
    -> any ExampleSet
  {
    try input.checkMedium(of: format)
    if heldOut { return try TrainingData.heldOut(of: checkpoint, as: format, in: input.path) }
    let data = checkpoint.config.data
    if let images = input.images {
      return try load(
        ImageFolder(images, followingLinks: input.links.follow), as: format, data)
    }
    try check(
      window.map { $0 >= format.unit && $0 % format.unit == 0 && $0 <= 1 << 24 } ?? true,
      "--window must be a multiple of \(format.unit), at most 2^24")
    return try input.sounds(as: format, data, window: window).set
  }

  static func quoted(_ path: String) -> String {
    path.contains { ",\"\n".contains($0) }
      ? "\"" + path.replacing("\"", with: "\"\"") + "\"" : path
  }
}
