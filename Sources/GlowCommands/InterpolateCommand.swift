import ArgumentParser
import Media
import Models
import Training

/// `glow interpolate`
struct InterpolateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "interpolate",
    abstract: "Goes from one file to another on the straight line between their latents.",
    discussion: """
      EXAMPLES
        glow interpolate checkpoints/photos a.png b.png --frames 10 --output strip.png
        glow interpolate checkpoints/speech a.wav b.wav --output steps.wav

      Of images, up to 12 steps stand in one row, more in rows below each other. Of sounds, they follow \
      each other; each lasts as long as the shorter end.
      """)

  @OptionGroup var model: ModelArguments
  @Argument(help: "The first image or sound.", completion: .file()) var a: String
  @Argument(help: "The last image or sound.", completion: .file()) var b: String
  @Option(help: ArgumentHelp("Steps from one to the other, both ends included.", valueName: "n"))
  var frames = 8
  @OptionGroup var fit: ConversionOptions
  @Option(
    help: ArgumentHelp("Where the steps go, in one file.", valueName: "file"), completion: .file())
  var output: String
  @OptionGroup var grid: GridOptions
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    try check((2...1000).contains(frames), "--frames must be 2 to 1000")
  }

  func run() throws {
    threads.apply()
    for path in [a, b] where InputReader.isFolder(path) {
      throw ValidationError("\(path) is a folder; the two ends are files")
    }
    let (checkpoint, model) = try model.loadAny()
    if let vae = model as? VAE, let format = vae.configuration.format {
      try Output.tryAll(.file("output", output, .picture), reading: [a, b])
      try grid.refuseTooMany(frames, of: format, isStrip: true)
      let images = try InputReader(format, fit).images([a, b]).values
      return try write(
        Latents(of: images, names: [a, b], in: vae, seed: nil).interpolated(steps: frames)
          .images(in: vae))
    }
    let glow = try checkpoint.expect(model, as: Glow.self)
    let c = glow.configuration
    try check(
      c.condition == nil, "the model is told spectra, and between two there is none to be told")
    try Output.tryAll(
      .file("output", output, c.medium.isSound ? .sound : .picture), reading: [a, b])
    let ends: Latents
    switch c.medium {
    case .images:
      try grid.refuseTooMany(frames, of: c.format, isStrip: true)
      let images = try InputReader(c.format, fit).images([a, b]).values
      ends = Latents(of: images, names: [a, b], in: glow)
    case .sound:
      try check(grid.isEmpty, "--columns and --scale are for images")
      let sounds = try InputReader(c.format, fit).sounds([a, b]).values
      let shorter = min(sounds[0].frames, sounds[1].frames)
      ends = Latents(of: sounds.map { $0.prefix(shorter) }, names: [a, b], in: glow)
    }
    let line = ends.interpolated(steps: frames)
    switch c.medium {
    case .images:
      try write(line.images(in: glow))
    case .sound(let rate, _):
      let samples = try line.sounds(in: glow).flatMap(\.samples)
      try WAV.write(Sound(rate: rate, channels: c.channels, samples: samples), to: output)
      print("\(frames) steps in \(output)")
    }
  }

  private func write(_ images: [Image]) throws {
    try PNG.write(
      .strip(images, columns: grid.columns(of: images.count), scale: grid.scale), to: output)
    print("\(frames) steps in \(output)")
  }
}
