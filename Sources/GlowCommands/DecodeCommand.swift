import ArgumentParser
import Foundation
import Media
import Models
import Training

/// `glow decode`
struct DecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Turns latents back into images, sounds or a table.",
    discussion: """
      EXAMPLES
        glow decode checkpoints/photos latents.safetensors --output decoded/
        glow decode checkpoints/wine z.csv --output back.csv

      What came of a folder goes to the same folders below --output.

      The latents of a table have columns z1 to zD, and those that the model is conditional on.
      """)

  @OptionGroup var model: ModelArguments
  @Argument(help: "What glow encode wrote, with the same model.", completion: .file())
  var latents: String
  @Option(
    help: ArgumentHelp(
      "The folder that the files go to, under their names, or the table.", valueName: "dir|file"),
    completion: .file())
  var output: String
  @OptionGroup var tableOptions: TableOptions
  @OptionGroup var threads: ThreadOptions

  func run() throws {
    threads.apply()
    let (checkpoint, model) = try model.loadAny()
    if let rows = RowLatents(model) {
      try Output.tryAll(.file("output", output, .table), reading: [latents])
      return try decodeTable(rows)
    }
    try Output.tryAll(.folder("output", output), reading: [])
    try refuse(["drop-missing": tableOptions.dropMissing], onlyForTables)
    if let vae = model as? VAE {
      let read = try Latents(reading: latents, for: vae)
      return try write(read.names, vae.pieces(read.names.count), "image", ".png", PNG.write) {
        try read.images($0, in: vae)
      }
    }
    let glow = try checkpoint.expect(model, as: Glow.self)
    let read = try Latents(reading: latents, for: glow)
    let (pieces, medium) = (read.pieces(in: glow), glow.configuration.medium)
    switch medium {
    case .images:
      try write(read.names, pieces, medium.noun, ".png", PNG.write) {
        try read.images($0, in: glow)
      }
    case .sound:
      try write(read.names, pieces, medium.noun, ".wav", WAV.write) {
        try read.sounds($0, in: glow)
      }
    }
  }

  /// Decodes piece by piece, and writes each example under its name.
  private func write<Example>(
    _ names: [String], _ pieces: [Range<Int>], _ noun: String, _ ending: String,
    _ write: (Example, String) throws -> Void, decode: (Range<Int>) throws -> [Example]
  ) throws {
    try Folder.make(output)
    var files = FileNames(ending: ending)
    var work = PieceWork(names.count, noun)
    try work.make(pieces) { piece in
      for (example, name) in zip(try decode(piece), names[piece]) {
        let path = Folder.path(output, files.name(name))
        if name.contains("/") { try Folder.make((path as NSString).deletingLastPathComponent) }
        try write(example, path)
      }
    }
    try work.end(in: output)
  }
}
