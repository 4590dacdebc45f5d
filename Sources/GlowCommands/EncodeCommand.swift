import ArgumentParser
import Flows
import Media
import Training

/// `glow encode`
struct EncodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "encode",
    abstract: "Turns images into latents, all of them: decode gives the same images back.",
    discussion: """
      A model of fewer than 8 bits gives the images back reduced to its bits.

      EXAMPLE
        glow encode checkpoints/photos a.png b.png --output latents.safetensors
      """)

  @OptionGroup var model: ModelArguments
  @Argument(help: ArgumentHelp("PNG files of the model's size.", valueName: "file"))
  var files: [String]
  @Option(help: ArgumentHelp("Where the latents go.", valueName: "latents.safetensors"))
  var output: String
  @OptionGroup var threads: ThreadOptions

  func run() throws {
    threads.apply()
    let (_, glow) = try model.load()
    let images = try files.map { try read($0, for: glow.configuration) }
    try Latents(of: images, names: files, in: glow).write(to: output)
    print("\(images.count) images as latents in \(output)")
  }
}

/// One image, which must have the model's shape as it is. Throws a `FileError` if it has not.
func read(_ path: String, for c: GlowConfiguration) throws -> Image {
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
