import ArgumentParser
import Flows
import Foundation
import Media
import Tensors
import Training

/// `glow eval`
struct EvalCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Says in bits/dim how well a model knows a folder of images.",
    discussion: """
      EXAMPLES
        glow eval checkpoints/photos --images test/
        glow eval checkpoints/photos --images test/ --draws 8 --per-file scores.csv

      One noise draw gives an unbiased estimate of an upper bound; several, combined by \
      log-mean-exp, a tighter one.
      """)

  @OptionGroup var model: ModelArguments
  @Option(help: ArgumentHelp("The folder to score.", valueName: "dir"))
  var images: String
  @Option(help: ArgumentHelp("Noise draws of each image.", valueName: "k"))
  var draws = 1
  @Option(help: ArgumentHelp("What the noise derives from.", valueName: "s"))
  var seed: UInt64 = 0
  @Flag(help: "Print one JSON object.")
  var json = false
  @Option(help: ArgumentHelp("Write each file's bits/dim.", valueName: "file.csv"))
  var perFile: String?
  @Option(
    help: ArgumentHelp(
      "Write the very samples, noise and scores; --weights raw if what reads it takes raw weights.",
      valueName: "file.safetensors"))
  var record: String?
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    try check((1...10000).contains(draws), "--draws must be 1 to 10000")
    try check(
      record == nil || draws == 1, "--record holds one draw's noise; it excludes --draws")
  }

  func run() throws {
    threads.apply()
    let (checkpoint, glow) = try model.load()
    let c = glow.configuration
    let set = try load(images, for: checkpoint.config)
    var scored: [Evaluation.Scored] = []
    let result = try Evaluation(of: glow, on: set, draws: draws, seed: seed) {
      if record != nil { scored.append($0) }
    }
    guard result.mean.isFinite else { throw Sampler.NotFinite() }
    let weights = model.weights == .ema && checkpoint.hasAverages ? "ema" : "raw"
    if json {
      print(
        """
        {"bits_per_dim":\(result.mean),"standard_error":\(result.standardError),\
        "files":\(set.count),"bits":\(c.bits),"draws":\(draws),"weights":"\(weights)",\
        "seed":\(seed)}
        """)
    } else {
      print(
        "\(result.mean.formatted(4)) ± \(result.standardError.formatted(4)) bits/dim "
          + "(mean and standard error over \(grouped(set.count)) files; \(c.bits) bits, "
          + "\(draws) \(draws == 1 ? "draw" : "draws"), \(weights) weights)")
    }
    if let record { try result.write(scored, c, to: record) }
    if let perFile {
      let rows = zip(set.paths, result.bitsPerDimension).map { "\(Self.quoted($0)),\($1)\n" }
      let text = Array(("file,bits_per_dim\n" + rows.joined()).utf8)
      try AtomicFile.write(to: perFile) { write in try text.withUnsafeBytes { try write($0) } }
    }
  }

  private static func quoted(_ path: String) -> String {
    path.contains { ",\"\n".contains($0) }
      ? "\"" + path.replacing("\"", with: "\"\"") + "\"" : path
  }
}
