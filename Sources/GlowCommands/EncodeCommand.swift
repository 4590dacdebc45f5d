import ArgumentParser
import Media
import Models
import Training

/// `glow encode`
struct EncodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode",
    abstract: "Turns images, sounds or a table into latents: decode gives the same back.",
    discussion: """
      A model of fewer than 8 bits gives the images back reduced to its bits.

      EXAMPLES
        glow encode checkpoints/photos a.png b.png --output latents.safetensors
        glow encode checkpoints/speech long.wav --output latents.safetensors
        glow encode checkpoints/wine test.csv --output z.csv

      The latents of a table are a table, .csv, .tsv or .npy, of columns z1 to zD, with the columns \
      that the model is conditional on behind them.
      """)

  @OptionGroup var model: ModelArguments
  @Argument(
    help: ArgumentHelp(
      "PNG files of the model's size, WAV files of any length, or one table.", valueName: "file"))
  var files: [String]
  @Option(help: ArgumentHelp("Where the latents go.", valueName: "file"))
  var output: String
  @OptionGroup var tableOptions: TableOptions
  @OptionGroup var threads: ThreadOptions

  func run() throws {
    threads.apply()
    let (checkpoint, model) = try model.loadAny()
    let isOfTable = model is FlowDensity
    try Output.tryAll(.file("output", output, isOfTable ? .table : .tensors))
    if let flow = model as? FlowDensity { return try encodeTable(flow) }
    try refuse(["drop-missing": tableOptions.dropMissing], onlyForTables)
    let glow = try checkpoint.expect(model, as: Glow.self)
    try latents(of: files, in: glow).write(to: output)
    print("\(glow.configuration.counted(files.count)) as latents in \(output)")
  }
}

/// The latents of files. Throws a `FileError` if one is not of the model's kind.
func latents(of files: [String], in glow: Glow) throws -> Latents {
  let c = glow.configuration
  return switch c.medium {
  case .images: Latents(of: try images(files, for: c), names: files, in: glow)
  case .sound: Latents(of: try sounds(files, for: c), names: files, in: glow)
  }
}

/// Images of the model's shape; what was changed in them is said. Throws a `FileError` as `image`.
func images(_ files: [String], for c: GlowConfiguration) throws -> [Image] {
  let images = try files.map { try image($0, for: c) }
  for note in try files.map(PNG.header).reductionNotes(channels: c.channels) {
    printError("note: \(note)")
  }
  return images
}

/// Sounds of the model's format; what was changed in them is said. Throws a `FileError` as `sound`.
func sounds(_ files: [String], for c: GlowConfiguration) throws -> [Sound] {
  guard case .sound(let rate, _) = c.medium else {
    preconditionFailure("sounds for a model of images")
  }
  let format = SoundFormat(rate: rate, channels: c.channels)
  let sounds = try files.map { try sound($0, for: format) }
  for note in try files.map(WAV.header).reductionNotes(format) { printError("note: \(note)") }
  return sounds
}

/// One image, which must have the model's shape as it is. Throws a `FileError` if it has not.
private func image(_ path: String, for c: GlowConfiguration) throws -> Image {
  let image = try PNG.read(path).image
  guard image.width == c.width, image.height == c.height else {
    throw FileError(
      path: path,
      reason: "is \(image.width)x\(image.height); the model takes \(c.width)x\(c.height)",
      kind: .malformed)
  }
  guard c.channels == 3 || image.channels == 1 else {
    throw FileError(path: path, reason: "is in colour; the model is gray", kind: .malformed)
  }
  return image.converted(channels: c.channels)
}

/// One sound, which must have the model's rate and channels as it is. Throws a `FileError` if it has
/// not.
private func sound(_ path: String, for format: SoundFormat) throws -> Sound {
  let (sound, clamped) = try WAV.read(path)
  guard sound.rate == format.rate, sound.channels == format.channels else {
    throw FileError(
      path: path,
      reason: "is \(channelName(sound.channels)) at \(sound.rate) Hz; the model takes "
        + "\(channelName(format.channels)) at \(format.rate) Hz", kind: .malformed)
  }
  if clamped > 0 { printError("note: \(path): \(grouped(clamped)) samples were clamped") }
  return sound
}

extension GlowConfiguration {
  /// What bits per dimension are called here.
  var figure: String { medium.figure }

  /// "1 image", "3 sounds".
  func counted(_ count: Int) -> String {
    grouped(count) + " " + medium.noun + (count == 1 ? "" : "s")
  }
}
