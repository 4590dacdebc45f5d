import ArgumentParser
import Media
import Training

/// `glow interpolate`
struct InterpolateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "interpolate",
    abstract: "Goes from one image to another on the straight line between their latents.",
    discussion: """
      EXAMPLE
        glow interpolate checkpoints/photos a.png b.png --frames 10 --output strip.png
      """)

  @OptionGroup var model: ModelArguments
  @Argument(help: "The first image.") var a: String
  @Argument(help: "The last image.") var b: String
  @Option(help: ArgumentHelp("Images in the strip, both ends included.", valueName: "n"))
  var frames = 8
  @Option(help: ArgumentHelp("Where the strip goes.", valueName: "strip.png"))
  var output: String
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    try check((2...1000).contains(frames), "--frames must be 2 to 1000")
  }

  func run() throws {
    threads.apply()
    let (_, glow) = try model.load()
    let ends = try [a, b].map { try read($0, for: glow.configuration) }
    let line = Latents(of: ends, names: [a, b], in: glow).interpolated(frames: frames)
    try PNG.write(.strip(try line.images(in: glow), scale: nil), to: output)
    print("\(frames) frames in \(output)")
  }
}
