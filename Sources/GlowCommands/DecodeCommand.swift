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
  @Argument(help: "What glow encode wrote, with the same model.")
  var latents: String
  @Option(
    help: ArgumentHelp(
      "The folder that the files go to, under their names, or the table.", valueName: "dir|file"))
  var output: String
  @OptionGroup var tableOptions: TableOptions
  @OptionGroup var threads: ThreadOptions

  func run() throws {
    threads.apply()
    let (checkpoint, model) = try model.loadAny()
    if let flow = model as? FlowDensity {
      try Output.tryAll(.file("output", output, .table), reading: [latents])
      return try decodeTable(flow)
    }
    try Output.tryAll(.folder("output", output), reading: [])
    try refuse(["drop-missing": tableOptions.dropMissing], onlyForTables)
    let glow = try checkpoint.expect(model, as: Glow.self)
    let read = try Latents(reading: latents, for: glow)
    try Folder.make(output)
    var taken = Set<String>()
    func path(_ name: String, _ ending: String) throws -> String {
      let path = Folder.path(output, Self.fileName(name, ending, &taken))
      if name.contains("/") { try Folder.make((path as NSString).deletingLastPathComponent) }
      return path
    }
    let medium = glow.configuration.medium
    var work = PieceWork(read.names.count, medium.noun)
    try work.make(read.pieces(in: glow)) { piece in
      switch medium {
      case .images:
        for (image, name) in try zip(read.images(piece, in: glow), read.names[piece]) {
          try PNG.write(image, to: try path(name, ".png"))
        }
      case .sound:
        for (sound, name) in try zip(read.sounds(piece, in: glow), read.names[piece]) {
          try WAV.write(sound, to: try path(name, ".wav"))
        }
      }
    }
    try work.end(in: output)
  }

  /// A name with its folders and another ending, made unlike those before it.
  private static func fileName(
    _ name: String, _ ending: String, _ taken: inout Set<String>
  ) -> String {
    var base = name
    if base.lowercased().hasSuffix(ending) { base.removeLast(ending.count) }
    if base.isEmpty || base.hasSuffix("/") { base += "file" }
    var (candidate, number) = (base, 2)
    while !taken.insert(candidate).inserted {
      candidate = "\(base)-\(number)"
      number += 1
    }
    return candidate + ending
  }
}
