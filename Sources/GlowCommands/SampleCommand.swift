import ArgumentParser
import Flows
import Foundation
import Media
import Tensors
import Training

/// `glow sample`
struct SampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sample",
    abstract: "Draws new images from a model.",
    discussion: """
      EXAMPLES
        glow sample checkpoints/photos
        glow sample checkpoints/photos --count 64 --temperature 0.8 --grid photos.png
        glow sample checkpoints/digits.safetensors --class 7 --output sevens/

      Without --output and --grid, a grid goes to samples.png. The same seed and thread count give \
      the same images.
      """)

  @OptionGroup var model: ModelArguments
  @Option(help: ArgumentHelp("How many images.", valueName: "n"))
  var count = 16
  @Option(help: ArgumentHelp("What every deviation is multiplied by.", valueName: "t"))
  var temperature: Float = 0.7
  @Option(help: ArgumentHelp("Which images.", valueName: "s"))
  var seed: UInt64 = 0
  @Option(name: .customLong("class"), help: ArgumentHelp("Only this class.", valueName: "name"))
  var className: String?
  @Option(help: ArgumentHelp("Write 0001.png, 0002.png … into this folder.", valueName: "dir"))
  var output: String?
  @Option(help: ArgumentHelp("Write all of them as one picture.", valueName: "file.png"))
  var grid: String?
  @Option(help: ArgumentHelp("Columns of the grid.", valueName: "n"))
  var columns = 8
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    try check((1...100_000).contains(count), "--count must be 1 to 100000")
    try check(temperature >= 0 && temperature <= 10, "--temperature must be 0 to 10")
    try check(columns >= 1, "--columns must be at least 1")
  }

  func run() throws {
    threads.apply()
    let (_, glow) = try model.load()
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
    let (images, clamped) = try Sampler(glow, seed: seed)
      .images(count, temperature: temperature, label: label)
    if let output {
      try makeDirectory(output)
      let digits = max(4, String(count).count)
      for (i, image) in images.enumerated() {
        try PNG.write(image, to: "\(output)/\(String(format: "%0\(digits)d", i + 1)).png")
      }
      print("\(count) images in \(output)")
    }
    if let file = grid ?? (output == nil ? "samples.png" : nil) {
      let columns = min(columns, count)
      try PNG.write(.grid(images, columns: columns, scale: nil), to: file)
      print("\(count) images in \(file)")
    }
    if clamped > 0 {
      let all = images.count * glow.configuration.dimensions
      let share = 100 * Double(clamped) / Double(all)
      printError("note: \(share.formatted(2)) % of the values were out of range and clamped")
    }
  }
}
