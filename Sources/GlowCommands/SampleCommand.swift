import ArgumentParser
import Foundation
import Media
import Models
import Tensors
import Training

/// `glow sample`
struct SampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Draws new images or sounds from a model.",
    discussion: """
      EXAMPLES
        glow sample checkpoints/photos
        glow sample checkpoints/photos --count 64 --temperature 0.8 --grid photos.png
        glow sample checkpoints/digits.safetensors --class 7 --output sevens/
        glow sample checkpoints/speech --count 8 --seconds 1.5 --output sounds/

      Without --output and --grid, images go to samples.png as a grid. Sounds go to --output, by \
      default samples/, with a picture of their waveforms. The same seed and thread count give the \
      same files.
      """)

  @OptionGroup var model: ModelArguments
  @Option(help: ArgumentHelp("How many.", valueName: "n"))
  var count = 16
  @Option(help: ArgumentHelp("What every deviation is multiplied by.", valueName: "t"))
  var temperature: Float = 0.7
  @Option(help: "Number format of the coupling nets; auto is the fastest here.")
  var precision: PrecisionChoice = .auto
  @Option(help: ArgumentHelp("Which draws.", valueName: "s"))
  var seed: UInt64 = 0
  @Option(help: ArgumentHelp("How long each sound is (default: a segment).", valueName: "s"))
  var seconds: Double?
  @Option(name: .customLong("class"), help: ArgumentHelp("Only this class.", valueName: "name"))
  var className: String?
  @Option(
    help: ArgumentHelp("Write 0001.png or 0001.wav, 0002 … into this folder.", valueName: "dir"))
  var output: String?
  @Option(
    help: ArgumentHelp(
      "Write all of them, or their waveforms, as one picture.", valueName: "file.png"))
  var grid: String?
  @Option(help: ArgumentHelp("Columns of the grid.", valueName: "n"))
  var columns = 8
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    try check((1...100_000).contains(count), "--count must be 1 to 100000")
    try check(temperature >= 0 && temperature <= 10, "--temperature must be 0 to 10")
    try check(
      seconds.map { $0 > 0 && $0 <= 86400 } ?? true, "--seconds must be above 0, at most 86400")
    try check(columns >= 1, "--columns must be at least 1")
  }

  func run() throws {
    threads.apply()
    let (_, glow) = try model.load()
    glow.precision = precision.resolved
    let classes = glow.configuration.classes
    var label: Int?
    if let className {
      label = classes.firstIndex(of: className)
      try check(
        label != nil,
        classes.isEmpty
          ? "the model has no classes"
          : "no class \(className); there are " + classes.joined(separator: ", "))
    }
    let sampler = Sampler(glow, seed: seed)
    let (dimensions, clamped) =
      switch glow.configuration.medium {
      case .images: try writeImages(sampler, glow.configuration, label)
      case .sound(let rate, _): try writeSounds(sampler, glow.configuration, rate: rate, label)
      }
    if clamped > 0 {
      let share = 100 * Double(clamped) / Double(dimensions)
      printError("note: \(share.formatted(2)) % of the values were out of range and clamped")
    }
  }

  private typealias Written = (dimensions: Int, clamped: Int)

  private func writeImages(_ sampler: Sampler, _ c: GlowConfiguration, _ label: Int?) throws
    -> Written
  {
    try check(seconds == nil, "--seconds is for models of sound")
    let (images, clamped) = try sampler.images(count, temperature: temperature, label: label)
    if let output {
      try makeDirectory(output)
      for (i, image) in images.enumerated() {
        try PNG.write(image, to: "\(output)/\(name(i)).png")
      }
      print("\(c.counted(count)) in \(output)")
    }
    if let file = grid ?? (output == nil ? "samples.png" : nil) {
      try PNG.write(.grid(images, columns: min(columns, count), scale: nil), to: file)
      print("\(c.counted(count)) in \(file)")
    }
    return (images.count * c.dimensions, clamped)
  }

  private func writeSounds(
    _ sampler: Sampler, _ c: GlowConfiguration, rate: Int, _ label: Int?
  ) throws -> Written {
    let frames = seconds.map { max(1, Int(($0 * Double(rate)).rounded())) } ?? c.width
    try check(
      frames * c.channels * 2 <= WAV.wholeLimit, "--seconds: a file holds at most 2^31 bytes")
    let (sounds, clamped) = try sampler.sounds(
      count, frames: frames, temperature: temperature, label: label)
    let output = output ?? "samples"
    try makeDirectory(output)
    for (i, sound) in sounds.enumerated() {
      try WAV.write(sound, to: "\(output)/\(name(i)).wav")
    }
    let picture = grid ?? "\(output)/waveforms.png"
    try PNG.write(.waveforms(Array(sounds.prefix(100))), to: picture)
    print("\(c.counted(count)) in \(output), their waveforms in \(picture)")
    return (count * frames * c.channels, clamped)
  }

  private func name(_ index: Int) -> String {
    String(format: "%0\(max(4, String(count).count))d", index + 1)
  }
}
