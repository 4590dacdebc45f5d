import ArgumentParser
import Media
import Models
import Training

/// `glow encode`
struct EncodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode",
    abstract: "Turns images, sounds or a table into latents; decode turns them back.",
    discussion: """
      A model of fewer than 8 bits gives the images back reduced to its bits. Of a folder, all PNG or \
      WAV files in it and below are taken; decode writes them under the same names, into the same \
      folders.

      EXAMPLES
        glow encode checkpoints/photos a.png b.png --output latents.safetensors
        glow encode checkpoints/photos test/ --fit --output latents.safetensors
        glow encode checkpoints/speech long.wav --output latents.safetensors
        glow encode checkpoints/wine test.csv --output z.csv

      Of a variational autoencoder, latents are draws of q(z|x), and what is decoded the means of p(x|z).

      The latents of a table are a table, .csv, .tsv or .npy, of columns z1 to zD, with the columns \
      that the model is conditional on behind them.
      """)

  @OptionGroup var model: ModelArguments
  @Argument(
    help: ArgumentHelp(
      "PNG files of the model's size, WAV files of any length, folders of them, or one table.",
      valueName: "file|dir"), completion: .file())
  var files: [String]
  @Option(help: ArgumentHelp("Where the latents go.", valueName: "file"), completion: .file())
  var output: String
  @Option(
    help: ArgumentHelp("Which draws of a variational autoencoder (default: 0).", valueName: "s"))
  var seed: UInt64?
  @OptionGroup var fit: ConversionOptions
  @OptionGroup var links: LinkOptions
  @OptionGroup var tableOptions: TableOptions
  @OptionGroup var threads: ThreadOptions

  func run() throws {
    threads.apply()
    let (checkpoint, model) = try model.loadAny()
    try check(seed == nil || model is VAE, "--seed \(onlyForVAEs)")
    let rows = RowLatents(model, seed: seed ?? 0)
    if !(model is Glow) { try World.share(model) }
    if World.ranks.isLeader {
      try Output.tryAll(
        .file("output", output, rows == nil ? .tensors : .table),
        reading: files + [checkpoint.path])
    }
    if let rows { return try encodeTable(rows) }
    try refuse(["drop-missing": tableOptions.dropMissing], onlyForTables)
    let (own, medium) = try latents(of: model, checkpoint)
    guard let latents = try Latents.gathered(own, over: World.ranks) else { return }
    try latents.write(to: output)
    print("\(medium.counted(latents.names.count)) as latents in \(output)")
  }

  /// Those of a rank's share; nil if there is none.
  private func latents(of model: any Model, _ checkpoint: Checkpoint) throws -> (Latents?, Medium) {
    func reader(_ format: ExampleFormat) -> InputReader {
      InputReader(format, fit, followingLinks: links.follow)
    }
    if let vae = model as? VAE, let format = vae.configuration.format {
      let (images, names) = try reader(format).images(files)
      return (Latents(of: images, names: names, in: vae, seed: seed ?? 0), format.medium)
    }
    let glow = try checkpoint.expect(model, as: Glow.self)
    let format = glow.configuration.format
    func share(_ names: [String]) throws -> Range<Int>? {
      try World.share(glow) { [("the files", names.joined(separator: ", "))] }
      let own = Latents.share(of: names.count, in: glow, of: World.ranks)
      return own.isEmpty ? nil : own
    }
    switch format.medium {
    case .images:
      let (images, names) = try reader(format).images(files)
      let own = try share(names).map {
        Latents(of: Array(images[$0]), names: Array(names[$0]), in: glow)
      }
      return (own, format.medium)
    case .sound:
      let (sounds, names) = try reader(format).sounds(files)
      let own = try share(names).map {
        Latents(of: Array(sounds[$0]), names: Array(names[$0]), in: glow)
      }
      return (own, format.medium)
    }
  }
}

extension Medium {
  /// "1 image", "3 sounds".
  func counted(_ count: Int) -> String { Media.counted(count, noun) }
}
