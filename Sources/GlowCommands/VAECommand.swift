import ArgumentParser
import Media
import Models
import Tensors
import Training

/// `glow vae`
struct VAECommand: LearningCommand {
  static let configuration = CommandConfiguration(
    commandName: "vae",
    abstract: "Learns a variational autoencoder of images or of a table.",
    discussion: """
      Its figure is a bound: log p(x) is at least the ELBO. glow eval estimates log p(x) itself.

      EXAMPLES
        glow vae --images digits/
        glow vae --images digits/ --posterior orthogonal --flows 4 --likelihood bernoulli
        glow vae --images digits/ --latent 2 --posterior iaf --minutes 60
        glow vae --table data.csv --posterior planar --flows 10
        glow vae --config checkpoints/digits/config.yaml --seed 2
        glow vae --resume checkpoints/digits

      POSTERIORS  \(PosteriorName.allCases.map { "\($0.rawValue): \($0.summary)" }.joined(separator: "; "))

      Images are 0 and 1 to a bernoulli likelihood, and 256 levels to a logistic one; unless it is given, \
      the images decide it.

      Ctrl-C saves and ends (status 130); --resume goes on from there to the end that was given; \
      with --output, in another directory, and the run stays as it was.
      """)

  @Option(
    help: ArgumentHelp("The folder of PNG files to learn.", valueName: "dir"),
    completion: .directory)
  var images: String?
  @Option(
    help: ArgumentHelp("The CSV or NPY file to learn.", valueName: "table"), completion: .file())
  var table: String?
  @OptionGroup var held: ValidationOptions
  @OptionGroup var links: LinkOptions
  @Option(help: ArgumentHelp("Size of the images (default: the most common).", valueName: "wxh"))
  var size: ImageSize?
  @Option(
    help: ArgumentHelp("1 for gray, 3 for colour (default: as the files).", valueName: "n"))
  var channels: Int?
  @Option(help: ArgumentHelp("Only these columns, as a,b,\"c, d\".", valueName: "names"))
  var columns: NameList?
  @Flag(inversion: .prefixedNo, exclusivity: .chooseLast, help: "Leave out rows that lack a value.")
  var dropMissing: Bool?
  @OptionGroup(title: "MODEL") var model: VAEOptions

  @OptionGroup(title: "TRAINING") var training: RunOptions
  @Option(
    help: ArgumentHelp(
      "Epochs over which the divergence from the prior rises to its full weight (default: 10).",
      valueName: "n"))
  var warmupEpochs: Int?
  @Option(
    help: ArgumentHelp(
      "Nats an example of that divergence that cost nothing (default: 0).", valueName: "nats"))
  var freeBits: Float?
  @Option(
    help: ArgumentHelp(
      "Validations in a row without a better one that end the run, 0 for no such end (default: 0).",
      valueName: "n"))
  var patience: Int?
  @Flag(inversion: .prefixedNo, exclusivity: .chooseLast, help: "Mirror half of the images.")
  var flip: Bool?
  @Option(
    help: "Number format of the convolutions (default: auto, bfloat16 where it is faster).")
  var precision: PrecisionChoice?
  @OptionGroup var threads: ThreadOptions

  typealias Model = VAEConfiguration
  typealias Session = VAESession
  static var options: [Row] { Row.all }

  func validate() throws {
    try model.validate()
    try check(images == nil || table == nil, "--images and --table exclude each other")
    try training.checkNoMuon()
    try checkAll(Row.all, of: self)
    if table != nil {
      try refuse(
        [
          "size": size != nil, "channels": channels != nil, "follow-links": links.follow,
          "binarize": model.binarize != nil, "width": model.width != nil, "flip": flip == true,
          "precision": precision != nil,
        ], "is for images")
      try check(model.likelihood != .logistic, "--likelihood logistic is for images")
    }
    if images != nil {
      try refuse(
        [
          "columns": columns != nil, "drop-missing": dropMissing == true,
          "hidden": model.hidden != nil,
        ], "is for tables")
      try check(model.likelihood != .gaussian, "--likelihood gaussian is for tables")
    }
  }

  func run() throws {
    let command = try withConfig()
    try check(
      command.images != nil || command.table != nil || command.training.resume != nil,
      "--images DIR or --table TABLE says what to learn")
    try command.learn()
  }

  var dropsMissing: Bool { dropMissing == true }

  /// The training options, with what was left open taken from `defaults`.
  func options(_ defaults: TrainingOptions) -> TrainingOptions {
    var o = defaults
    for option in RunOption<RunOptions, TrainingOptions>.all { option.set(training, &o) }
    for option in RunOption<VAECommand, TrainingOptions>.all { option.set(self, &o) }
    return o
  }
}

/// What shapes a variational autoencoder.
struct VAEOptions: ParsableArguments {
  @Option(help: "The posterior of the latents (default: gaussian).")
  var posterior: PosteriorName?
  @Option(help: ArgumentHelp("Flows of the posterior (default: 4).", valueName: "k"))
  var flows: Int?
  @Option(
    help: ArgumentHelp(
      "Dimensions of the latents (default: 64; of a table as many as columns, at most 8).",
      valueName: "d"))
  var latent: Int?
  @Option(
    help: ArgumentHelp(
      "Columns of an orthogonal flow's Q, or the reflections of a householder one (default: 16).",
      valueName: "m"))
  var orthoVectors: Int?
  @Option(help: "What p(x|z) is (default: to suit the images; of tables gaussian).")
  var likelihood: DecoderLikelihood?
  @Option(
    help:
      "How pixels become 0 or 1: those above 127 are 1, or drawn anew each time (default: static).")
  var binarize: VAEConfiguration.Binarization?
  @Option(
    help: ArgumentHelp(
      "Hidden units of each layer of a table's nets, as 64,64 (default: 64,64).",
      valueName: "list"))
  var hidden: HiddenLayers?
  @Option(
    help: ArgumentHelp(
      "Hidden units of each layer of the nets of iaf, maf and nsf (default: 256; of tables 64).",
      valueName: "list"))
  var flowHidden: HiddenLayers?
  @Option(help: ArgumentHelp("Channels of the nets of images (default: 32).", valueName: "n"))
  var width: Int?

  func validate() throws {
    if let posterior {
      try check(
        orthoVectors == nil || posterior.hasVectors,
        "--ortho-vectors is for the posteriors orthogonal and householder")
      try check(
        flowHidden == nil || posterior.hasNets,
        "--flow-hidden is for the posteriors iaf, maf and nsf")
      try check(
        posterior != .gaussian || flows ?? 0 == 0, "--flows: the gaussian posterior has none")
      try check(
        posterior == .gaussian || flows ?? 1 > 0,
        "--flows must be at least 1 for this posterior; without flows it is gaussian")
    }
    try check(
      binarize == nil || likelihood ?? .bernoulli == .bernoulli,
      "--binarize is for a bernoulli likelihood")
  }

  /// A model as far as the options say; the rest is as it was.
  func shape(_ c: VAEConfiguration) throws -> VAEConfiguration {
    var c = c
    c.posterior = posterior ?? c.posterior
    try check(
      c.posterior != .gaussian || (flows ?? 0 == 0 && orthoVectors == nil && flowHidden == nil),
      "--flows and what shapes them: --posterior says which flows")
    c.flows = flows ?? c.flows
    c.latent = latent ?? c.latent
    c.vectors = orthoVectors ?? c.vectors
    c.hidden = hidden?.sizes ?? c.hidden
    c.flowHidden = flowHidden?.sizes ?? c.flowHidden
    c.width = width ?? c.width
    if let error = c.validationError { throw ValidationError(error) }
    return c
  }
}

extension PosteriorName: ExpressibleByArgument {}
extension DecoderLikelihood: ExpressibleByArgument {}
extension VAEConfiguration.Binarization: ExpressibleByArgument {}
