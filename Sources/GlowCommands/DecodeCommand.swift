import ArgumentParser
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
      try Output.tryAll(.file("output", output, .table))
      return try decodeTable(flow)
    }
    try Output.tryAll(.folder("output", output))
    try refuse(["drop-missing": tableOptions.dropMissing], onlyForTables)
    let glow = try checkpoint.expect(model, as: Glow.self)
    let read = try Latents(reading: latents, for: glow)
    try makeDirectory(output)
    var taken = Set<String>()
    func path(_ name: String, _ ending: String) -> String {
      "\(output)/\(Self.fileName(name, ending, &taken))"
    }
    switch glow.configuration.medium {
    case .images:
      for (image, name) in try zip(read.images(in: glow), read.names) {
        try PNG.write(image, to: path(name, ".png"))
      }
    case .sound:
      for (sound, name) in try zip(read.sounds(in: glow), read.names) {
        try WAV.write(sound, to: path(name, ".wav"))
      }
    }
    print("\(glow.configuration.counted(read.names.count)) in \(output)")
  }

  /// The last part of a path, so that nothing is written elsewhere, made unlike those before it.
  private static func fileName(
    _ path: String, _ ending: String, _ taken: inout Set<String>
  ) -> String {
    var base = path.split(separator: "/").last.map(String.init) ?? ""
    base = String(base.filter { $0 != "\0" && $0 != "/" })
    if base.lowercased().hasSuffix(ending) { base.removeLast(ending.count) }
    if base.isEmpty || base == "." || base == ".." { base = "file" }
    var (candidate, number) = (base, 2)
    while !taken.insert(candidate).inserted {
      candidate = "\(base)-\(number)"
      number += 1
    }
    return candidate + ending
  }
}
