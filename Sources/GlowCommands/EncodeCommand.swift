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

      The latents of a table are a table, .csv, .tsv or .npy, of columns z1 to zD, with the columns \
      that the model is conditional on behind them.
      """)

  @OptionGroup var model: ModelArguments
  @Argument(
    help: ArgumentHelp(
      "PNG files of the model's size, WAV files of any length, folders of them, or one table.",
      valueName: "file|dir"))
  var files: [String]
  @Option(help: ArgumentHelp("Where the latents go.", valueName: "file"))
  var output: String
  @OptionGroup var fit: ConversionOptions
  @OptionGroup var links: LinkOptions
  @OptionGroup var tableOptions: TableOptions
  @OptionGroup var threads: ThreadOptions

  func run() throws {
    threads.apply()
    let (checkpoint, model) = try model.loadAny()
    let isOfTable = model is FlowDensity
    try Output.tryAll(
      .file("output", output, isOfTable ? .table : .tensors), reading: files + [checkpoint.path])
    if let flow = model as? FlowDensity { return try encodeTable(flow) }
    try refuse(["drop-missing": tableOptions.dropMissing], onlyForTables)
    let glow = try checkpoint.expect(model, as: Glow.self)
    let c = glow.configuration
    let reader = InputReader(c.format, fit, followingLinks: links.follow)
    let latents: Latents
    switch c.medium {
    case .images:
      let (images, names) = try reader.images(files)
      latents = Latents(of: images, names: names, in: glow)
    case .sound:
      let (sounds, names) = try reader.sounds(files)
      latents = Latents(of: sounds, names: names, in: glow)
    }
    try latents.write(to: output)
    print("\(c.medium.counted(latents.names.count)) as latents in \(output)")
  }
}

extension Medium {
  /// "1 image", "3 sounds".
  func counted(_ count: Int) -> String { Media.counted(count, noun) }
}
