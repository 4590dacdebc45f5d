import ArgumentParser
import Foundation
import Media
import Models
import Training

/// `glow inspect`
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Says what a checkpoint is, how it was trained, and whether it inverts.",
    discussion: """
      A condition number says how much a layer's inverse may magnify errors; 1 is best.

      The round trip is taken over 16 draws from the model, or over the files that are given; for \
      models of tables and targets, over 1000 draws, in standard deviations of their columns.

      EXAMPLES
        glow inspect checkpoints/photos
        glow inspect checkpoints/photos test/a.png test/b.png --json
        glow inspect checkpoints/wine
      """)

  @OptionGroup var model: ModelArguments
  @Argument(
    help: ArgumentHelp("Images or sounds for the round trip.", valueName: "file"),
    completion: .file())
  var files: [String] = []
  @OptionGroup var fit: ConversionOptions
  @Flag(help: "Print one JSON object.")
  var json = false
  @OptionGroup var threads: ThreadOptions

  func run() throws {
    threads.apply()
    let (checkpoint, model) = try model.loadAny()
    if let flow = model as? FlowDensity {
      try inspect(flow, checkpoint)
    } else if let vae = model as? VAE {
      try inspect(vae, checkpoint)
    } else {
      try inspect(checkpoint.expect(model, as: Glow.self), checkpoint)
    }
  }

  private func inspect(_ glow: Glow, _ checkpoint: Checkpoint) throws {
    let (error, count) = try roundTripError(glow)
    let parameters = glow.parameterCount
    let (config, state) = (checkpoint.config, checkpoint.state)
    let c = glow.configuration
    if json {
      return try printJSON(
        checkpoint, glow,
        best: ["bits_per_dim"] + (c.medium.isSound ? ["bits_per_sample"] : []), state.best,
        roundTrip: (c.medium.unit.key, Double(error)))
    }
    print(
      """
      file        \(checkpoint.path)
      model       \(c.summary)
      classes     \(c.classes.isEmpty ? "none" : c.classes.joined(separator: ", "))
      parameters  \(grouped(parameters))\(checkpoint.hasEMA ? ", and their averages" : "")
      trained     on \(config.data.source), \(c.medium.counted(config.data.count)); \
      \(counted(state.iteration, "step")) of \(config.training.batch) in \(ProgressBar.clock(state.seconds)), \
      \(state.skipped) skipped
      optimizer   \(config.training.summary); nets in \(config.training.netPrecision.rawValue)
      best        \(state.best.isFinite ? "\(state.best.formatted(4)) validation \(c.medium.figure)" : "none")
      round trip  \(String(format: "%.2g", error)) of \
      \(c.medium.unit.words) at most, over \
      \(c.medium.counted(count))
      condition   \(Self.table(glow).joined(separator: "\n            "))
      """)
  }

  /// All of it as one object; what is not finite is null.
  func printJSON(
    _ checkpoint: Checkpoint, _ model: any Model, best keys: [String], _ best: Double,
    roundTrip: (key: String, value: Double)? = nil
  ) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    func json(_ value: some Encodable) throws -> String {
      String(decoding: try encoder.encode(value), as: UTF8.self)
    }
    let conditions = model.conditionNumbers.map { "\"\($0.name)\":\(jsonNumber($0.number))" }
      .joined(separator: ",")
    let state = checkpoint.state
    print(
      """
      {"path":\(try json(checkpoint.path)),"config":\(try json(checkpoint.config)),\
      "parameters":\(model.parameterCount),"iteration":\(state.iteration),\
      "seconds":\(state.seconds),"skipped":\(state.skipped),\
      \(keys.map { "\"best_\($0)\":\(jsonNumber(best))," }.joined())\
      \(roundTrip.map { "\"round_trip_\($0.key)\":\(jsonNumber($0.value))," } ?? "")\
      "condition_numbers":{\(conditions)}}
      """)
  }

  /// The worst condition number of each kind of layer in each level, and where it is.
  private static func table(_ glow: Glow) -> [String] {
    let worst = Dictionary(grouping: glow.conditionNumbers) { entry in
      // levels.I.steps.J.KIND
      let parts = entry.name.split(separator: ".")
      return "level \(parts[1])  \(parts[4])"
    }.mapValues { $0.max { $0.number < $1.number } }
    return worst.sorted { $0.key < $1.key }.map { key, entry in
      let step = entry?.name.split(separator: ".")[3] ?? ""
      return key.padding(toLength: 18, withPad: " ", startingAt: 0)
        + String(format: "%.3g", entry?.number ?? 0) + " at worst, step \(step)"
    }
  }

  /// The largest error of a round trip, and over how many examples.
  private func roundTripError(_ glow: Glow) throws -> (error: Float, count: Int) {
    let (c, sampler) = (glow.configuration, Sampler(glow, seed: 0))
    let (reader, count) = (InputReader(c.format, fit), 16)
    switch c.medium {
    case .images:
      let images =
        try files.isEmpty
        ? sampler.images(count).images : reader.images(files).values
      return (glow.roundTripError(images), images.count)
    case .sound:
      let sounds =
        try files.isEmpty
        ? sampler.sounds(count, frames: min(c.width, 8192)).sounds
        : reader.sounds(files).values
      return (glow.roundTripError(sounds), sounds.count)
    }
  }
}

extension TrainingOptions {
  /// How the weights were updated, in a line.
  var summary: String {
    let clip = clipRatio.map { "at \($0) times the mean norm" } ?? "\(clipNorm)"
    return optimizer.rawValue + (muonInterval.map { " every \($0) steps" } ?? "")
      + ", rate \(learningRate), warm-up \(warmup), "
      + (cooldown.map { "cool-down over the last \($0), " } ?? "") + "clip \(clip), "
      + "ema \(averageDecay), weight decay \(weightDecay), seed \(seed)"
  }
}

extension GlowConfiguration {
  /// What the model is, in a line.
  var summary: String {
    let data =
      switch medium {
      case .images:
        "\(width)x\(height) \(channels == 1 ? "gray" : "colour"), \(Media.counted(bits, "bit"))"
      case .sound(let rate, _):
        "segments of \(Media.counted(width, "frame")) at \(rate) Hz, \(channelName(channels))"
      }
    return "\(data); \(layout)" + (condition.map { "; told " + $0.words } ?? "")
  }

  /// Its levels, steps and nets.
  var layout: String {
    let counts = [("hidden channel", hidden)] + (audio.map { [("gated layer", $0.layers)] } ?? [])
    let size = "\(Media.counted(levels, "level")) of \(Media.counted(steps, "step"))"
    return
      ([size] + counts.map { Media.counted($1, $0) } + ["\(coupling.rawValue) couplings"]
      + (border == true ? ["a border"] : [])
      + (dequantizer == nil ? [] : ["variational dequantization"]))
      .joined(separator: ", ")
  }
}
