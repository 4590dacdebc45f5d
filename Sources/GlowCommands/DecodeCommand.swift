import ArgumentParser
import Media
import Models
import Training

/// `glow decode`
struct DecodeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "decode",
    abstract: "Turns latents back into images or sounds.",
    discussion: """
      EXAMPLE
        glow decode checkpoints/photos latents.safetensors --output decoded/
      """)

  @OptionGroup var model: ModelArguments
  @Argument(help: "What glow encode wrote, with the same model.")
  var latents: String
  @Option(
    help: ArgumentHelp("The folder that the files go to, under their names.", valueName: "dir"))
  var output: String
  @OptionGroup var threads: ThreadOptions

  func run() throws {
    threads.apply()
    let (_, glow) = try model.load()
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
