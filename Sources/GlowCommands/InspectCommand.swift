import ArgumentParser
import Flows
import Foundation
import Media
import Training

/// `glow inspect`
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Says what a checkpoint is, how it was trained, and whether it inverts.",
    discussion: """
      The round trip is taken over 16 images drawn from the model, or over the files that are given.

      EXAMPLES
        glow inspect checkpoints/photos
        glow inspect checkpoints/photos test/a.png test/b.png --json
      """)

  @OptionGroup var model: ModelArguments
  @Argument(help: ArgumentHelp("Images for the round trip.", valueName: "file"))
  var files: [String] = []
  @Flag(help: "Print one JSON object.")
  var json = false
  @OptionGroup var threads: ThreadOptions

  func run() throws {
    threads.apply()
    let (checkpoint, glow) = try model.load()
    let images =
      try files.isEmpty
      ? Sampler(glow, seed: 0).images(16, temperature: 0.7).images
      : files.map { try read($0, for: glow.configuration) }
    let error = glow.roundTripError(images)
    var parameters = 0
    glow.visitParameters { _, p in parameters += p.isTrained ? p.value.count : 0 }
    let (config, state) = (checkpoint.config, checkpoint.state)
    if json {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      let text = String(decoding: try encoder.encode(config), as: UTF8.self)
      print(
        """
        {"path":\(String(decoding: try encoder.encode(checkpoint.path), as: UTF8.self)),\
        "config":\(text),"parameters":\(parameters),"iteration":\(state.iteration),\
        "seconds":\(state.seconds),"skipped":\(state.skipped),\
        "best_bits_per_dim":\(state.best.isFinite ? "\(state.best)" : "null"),\
        "round_trip_8_bit_levels":\(error.isFinite ? "\(error)" : "null")}
        """)
      return
    }
    let (c, o) = (config.model, config.training)
    print(
      """
      file        \(checkpoint.path)
      model       \(c.width)x\(c.height) \(c.channels == 1 ? "gray" : "colour"), \(c.bits) bits; \
      \(c.levels) levels of \(c.steps) steps, \(c.hidden) hidden channels, \
      \(c.coupling.rawValue) couplings
      classes     \(c.classes.isEmpty ? "none" : c.classes.joined(separator: ", "))
      parameters  \(grouped(parameters))\(checkpoint.hasAverages ? ", and their averages" : "")
      trained     on \(config.data.images), \(grouped(config.data.count)) images; \
      \(grouped(state.iteration)) steps of \(o.batch) in \(ProgressBar.clock(state.seconds)), \
      \(state.skipped) skipped
      optimizer   \(o.optimizer.rawValue), rate \(o.learningRate), warm-up \(o.warmup), clip \
      \(o.clipNorm), ema \(o.averageDecay), weight decay \(o.weightDecay), seed \(o.seed)
      best        \(state.best.isFinite ? "\(state.best.formatted(4)) validation bits/dim" : "none")
      round trip  \(String(format: "%.2g", error)) of an 8-bit level at most, over \
      \(images.count) images
      """)
  }
}
