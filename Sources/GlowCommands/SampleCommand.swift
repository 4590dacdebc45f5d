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
    abstract: "Draws new images, sounds or rows of a table from a model.",
    discussion: """
      EXAMPLES
        glow sample checkpoints/photos
        glow sample checkpoints/photos --count 64 --temperature 0.8 --grid photos.png
        glow sample checkpoints/digits.safetensors --class 7 --output sevens/
        glow sample checkpoints/speech --count 8 --seconds 1.5 --output sounds/
        glow sample checkpoints/wine --count 100000 --output new.csv
        glow sample checkpoints/digits --given digit=7 --output sevens.npy

      Without --output and --grid, images go to samples.png as a grid, and sounds to samples/ with a \
      picture of their waveforms. Files of a model with classes go into a folder a class. They are \
      written as they are drawn; Ctrl-C keeps what there is (status 130). Rows go to a .csv, .tsv or .npy file, by \
      default samples.csv, the columns that the model is conditional on behind the others. A variational \
      autoencoder's images are the means of p(x|z), its rows draws. The same \
      seed and thread count give the same files.
      """)

  @OptionGroup var model: ModelArguments
  @Option(
    help: ArgumentHelp(
      "How many (default: 16; 1000 rows, or as many as --table has).", valueName: "n"))
  var count: Int?
  @Option(
    help: ArgumentHelp(
      "What every deviation is multiplied by (default: 1; 0.7 for affine and additive couplings).",
      valueName: "t"))
  var temperature: Float?
  @Option(help: "Number format of the coupling nets (default: auto, the fastest here).")
  var precision: PrecisionChoice?
  @Option(help: ArgumentHelp("Which draws.", valueName: "s"))
  var seed: UInt64 = 0
  @Option(help: ArgumentHelp("How long each sound is (default: a segment).", valueName: "s"))
  var seconds: Double?
  @Option(name: .customLong("class"), help: ArgumentHelp("Only this class.", valueName: "name"))
  var className: String?
  @OptionGroup var context: GivenOptions
  @Option(
    help: ArgumentHelp(
      "A table that has these columns, for a draw of each row in turn.", valueName: "table"),
    completion: .file())
  var table: String?
  @OptionGroup var tableOptions: TableOptions
  @Option(
    help: ArgumentHelp(
      "Write 0001.png or 0001.wav, 0002 … into this folder, or rows into this file.",
      valueName: "dir|file"), completion: .file())
  var output: String?
  @Option(
    help: ArgumentHelp(
      "Write all of them, or their waveforms, as one picture.", valueName: "file.png"))
  var grid: String?
  @OptionGroup var gridOptions: GridOptions
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    try check(count.map { (1...10_000_000).contains($0) } ?? true, "--count must be 1 to 10000000")
    try check(
      temperature.map { $0 >= 0 && $0 <= 10 } ?? true, "--temperature must be 0 to 10")
    try check(
      seconds.map { $0 > 0 && $0 <= 86400 } ?? true, "--seconds must be above 0, at most 86400")
    try check(context.given.isEmpty || table == nil, "--given and --table exclude each other")
  }

  func run() throws {
    threads.apply()
    let (checkpoint, model) = try model.loadAny()
    if !(model is Glow) { try World.share(model) }
    if let flow = model as? FlowDensity {
      try drawRows(flow)
    } else if let vae = model as? VAE {
      try draw(vae)
    } else {
      try draw(checkpoint.expect(model, as: Glow.self))
    }
  }

  /// How many images or sounds. A usage error if what is for tables was given.
  private var countOfFiles: Int {
    get throws {
      try refuse(
        [
          "given": !context.given.isEmpty, "table": table != nil,
          "drop-missing": tableOptions.dropMissing,
        ], onlyForTables)
      let count = count ?? 16
      try check(count <= 100_000, "--count must be 1 to 100000")
      return count
    }
  }

  /// A variational autoencoder's images, the means of p(x|z), or rows.
  private func draw(_ vae: VAE) throws {
    let c = vae.configuration
    guard let format = c.format else { return try drawRows(vae) }
    try refuse(["class": className != nil, "precision": precision != nil], notForVAEs)
    let count = try countOfFiles
    try drawImages(count, format, vae.pieces(count)) {
      (try vae.images($0, temperature: temperature ?? 1, seed: seed), 0)
    }
  }

  /// Images or sounds.
  private func draw(_ glow: Glow) throws {
    let count = try countOfFiles
    if glow.configuration.condition != nil {
      note(
        "the model is told the mean of the spectra it began with; glow vocode draws for a sound's")
    }
    glow.precision = (precision ?? .auto).resolved
    let label = try className.map(glow.configuration.label)
    try World.share(glow) {
      [
        ("--precision", glow.precision.rawValue), ("--count", "\(count)"), ("--seed", "\(seed)"),
        ("--temperature", temperature.map { "\($0)" } ?? "not given"),
        ("--seconds", seconds.map { "\($0)" } ?? "not given"),
        ("--class", className ?? "not given"),
      ]
    }
    let sampler = Sampler(glow, seed: seed, over: World.ranks)
    switch glow.configuration.medium {
    case .images:
      try drawImages(
        count, glow.configuration.format, classes: glow.configuration.classes,
        sampler.pieces(count), label: { sampler.label(of: $0, label) },
        draw: { try sampler.images($0, temperature: temperature, label: label) })
    case .sound(let rate, _): try drawSounds(count, sampler, glow.configuration, rate: rate, label)
    }
  }
}
