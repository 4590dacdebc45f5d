import ArgumentParser
import Foundation
import Media
import Models
import Tensors
import Training

/// `glow fit`
struct FitCommand: LearningCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Learns the density of a table, or fits a target density.",
    discussion: """
      TABLE is CSV (header or none; commas, semicolons or tabs) or NPY. It alone is enough: the rest is \
      chosen to suit it, and said. Figures are log-likelihoods of the columns as they are in the file.

      EXAMPLES
        glow fit data.csv
        glow fit data.csv --flow maf --transforms 8 --hidden 256,256 --minutes 10
        glow fit data.csv --flow maf,planar*4,lu --base 'student(5)'
        glow fit data.csv --columns height,weight --conditional age
        glow fit --target two-moons --iterations 10000
        glow fit --target U1 --flow planar --transforms 32
        glow fit --config checkpoints/data/config.yaml --seed 2
        glow fit --resume checkpoints/data

      FLOWS  \(FlowName.allCases.map(\.rawValue).joined(separator: " "))
      BASES  normal, learned-normal, uniform, beta(a,b), student(n), mixture(k)
      TARGETS  \(Target.all.map(\.name).joined(separator: " "))

      Ctrl-C saves and ends (status 130); --resume goes on from there to the end that was given; \
      with --output, in another directory, and the run stays as it was.
      """)

  @Argument(help: "The table to learn.", completion: .file())
  var table: String?
  @Option(help: ArgumentHelp("Fit a sampler to this unnormalised density.", valueName: "name"))
  var target: String?
  @Option(
    help: ArgumentHelp(
      "Flows from data to latent, as nsf or maf,planar*4,lu (default: to suit).",
      valueName: "flows"))
  var flow: String?
  @Option(
    help: ArgumentHelp("Where the flows end (default: normal; of gmm uniform).", valueName: "base"))
  var base: String?
  @Option(
    help: ArgumentHelp("How often a single flow is taken (default: to suit).", valueName: "n"))
  var transforms: Int?
  @Option(
    help: ArgumentHelp(
      "Hidden units of each layer of the nets, as 256,256 (default: to suit).", valueName: "list"))
  var hidden: HiddenLayers?
  @Option(help: "What follows a hidden layer (default: relu).")
  var activation: DenseStack.Activation?
  @Option(help: ArgumentHelp("Bins of a spline (default: 8).", valueName: "n"))
  var bins: Int?
  @Option(
    help: ArgumentHelp("Components of a mixture (default: 8; of targets 32).", valueName: "k"))
  var components: Int?
  @Option(help: ArgumentHelp("Only these columns, as a,b,\"c, d\".", valueName: "names"))
  var columns: NameList?
  @Option(
    help: ArgumentHelp("Columns that the density of the others depends on.", valueName: "names"))
  var conditional: NameList?
  @Option(
    help: ArgumentHelp(
      "Columns of whole numbers to add uniform noise to, or all.", valueName: "names"))
  var discrete: NameList?
  @Flag(inversion: .prefixedNo, exclusivity: .chooseLast, help: "Leave out rows that lack a value.")
  var dropMissing: Bool?
  @OptionGroup var held: ValidationOptions
  @Option(
    help: ArgumentHelp(
      "Validations in a row without a better one that end the run, 0 for no such end "
        + "(default: 20; of targets none).",
      valueName: "n"))
  var patience: Int?
  @Option(
    help: ArgumentHelp(
      "Steps over which a target rises from flat, so that all its modes are found "
        + "(default: half of --iterations, at most 10,000).",
      valueName: "n"))
  var annealing: Int?
  @Option(
    help: ArgumentHelp(
      "How a target's gradient is estimated: total, or along the draws' path alone, which has less "
        + "noise near the optimum and takes longer (default: total).",
      valueName: "estimate"))
  var gradient: ReverseGradient?
  @OptionGroup(title: "TRAINING") var training: RunOptions
  @OptionGroup var threads: ThreadOptions

  typealias Model = FlowConfiguration
  typealias Session = FitSession
  static var options: [Row] { Row.all }

  func validate() throws {
    try check(table == nil || target == nil, "a TABLE and --target exclude each other")
    try check(table == nil || annealing == nil, "--annealing: for targets")
    try check(table == nil || gradient == nil, "--gradient: for targets")
    try training.checkNoMuon()
    try check(
      training.cooldown == nil || training.hasEnd,
      "--cooldown needs an end: --iterations, --epochs or --minutes")
    try checkAll(Row.all, of: self)
    if target != nil {
      let given = [
        ("columns", columns != nil), ("conditional", conditional != nil),
        ("discrete", discrete != nil), ("drop-missing", dropMissing == true),
        ("validation", held.validation != nil),
        ("validation-fraction", held.validationFraction != nil),
        ("epochs", training.epochs != nil),
      ].filter(\.1).map { "--" + $0.0 }
      try check(given.isEmpty, "\(given.joined(separator: ", ")): for tables")
      try check(base.map { $0 == "normal" } ?? true, "--target takes the normal base")
    }
    let flows = try chosenFlows
    try check(
      transforms == nil || flows.map { $0.count == 1 && $0[0].isRepeated } ?? true,
      "--transforms is for one flow that is repeated; a list says how often, as planar*4")
    if let base, let problem = BaseName.problem(base) {
      throw ValidationError("--base \(base) \(problem)")
    }
  }

  func run() throws {
    let command = try withConfig()
    try check(
      command.table != nil || command.target != nil || command.training.resume != nil,
      "a TABLE says what to learn, or --target NAME")
    try command.learn()
  }

  var dropsMissing: Bool { dropMissing == true }

  /// The flows of --flow, each as often as it says.
  var chosenFlows: [FlowName]? {
    get throws {
      guard let flow else { return nil }
      try check(!flow.isEmpty, "--flow names no flow, as nsf or planar*4")
      return try flow.split(separator: ",", omittingEmptySubsequences: false).flatMap { item in
        let parts = item.split(separator: "*", omittingEmptySubsequences: false)
        let count = parts.count == 2 ? Int(parts[1]) : 1
        try check(!item.isEmpty, "--flow \(flow): a flow is missing beside a comma")
        let names = FlowName.allCases.map(\.rawValue)
        guard let name = FlowName(rawValue: String(parts[0])) else {
          let meant = Spelling.nearest(to: String(parts[0]), in: names)
          throw ValidationError(
            "--flow \(item): not a flow; "
              + (meant.map { "did you mean \($0)?" } ?? "there are " + names.joined(separator: ", "))
          )
        }
        guard parts.count <= 2, let count, (1...256).contains(count) else {
          throw ValidationError("--flow \(item): a flow is taken 1 to 256 times, as planar*4")
        }
        return Array(repeating: name, count: count)
      }
    }
  }

  /// A model of these columns as far as the options say; the rest is as it was.
  func shape(_ c: FlowConfiguration) throws -> FlowConfiguration {
    var c = c
    if let flows = try chosenFlows {
      c.flows = FlowConfiguration.expanded(
        flows, columns: c.columns.count, transforms: transforms)
      if c.isSampler { c.flows.removeAll { $0 == FlowName.whiten.rawValue } }
    } else if let transforms {
      let flow = c.flows.compactMap(FlowName.init).last(where: \.isRepeated) ?? .nsf
      c.flows = FlowConfiguration.expanded(
        [flow], columns: c.columns.count, transforms: transforms)
    }
    c.base = base ?? (c.endsInUnitInterval && !c.isSampler ? "uniform" : c.base)
    let canHaveBases = (2...FlowConfiguration.mostBaseClasses).contains(c.classes)
    c.hasBasePerClass = BaseName(c.base)?.isLearned == true && canHaveBases ? true : nil
    c.hidden = hidden?.sizes ?? c.hidden
    c.activation = activation ?? c.activation
    c.bins = bins ?? c.bins
    c.components = components ?? c.components
    if !c.isSampler { c.joinBase() }
    if let error = c.validationError ?? c.orderError { throw ValidationError(error) }
    return c
  }
}

extension DenseStack.Activation: ExpressibleByArgument {}
extension FlowName: ExpressibleByArgument {}
extension ReverseGradient: ExpressibleByArgument {}

/// Sizes of hidden layers, written 256,256.
struct HiddenLayers: ExpressibleByArgument, Equatable {
  let sizes: [Int]
  var defaultValueDescription: String { sizes.map(String.init).joined(separator: ",") }

  init(sizes: [Int]) { self.sizes = sizes }

  /// What --hidden may be.
  static let lists = Bounds<HiddenLayers>(
    "must be 1 to 16384 units for each of at most 16 layers, as 256,256"
  ) { $0.sizes.count <= 16 && $0.sizes.allSatisfy((1...16384).contains) }

  /// What is no number becomes 0, which can't be.
  init(argument: String) {
    sizes = argument.split(separator: ",", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
  }
}
