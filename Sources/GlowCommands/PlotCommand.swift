import ArgumentParser
import Detection
import Foundation
import Media
import Models
import Plots
import Tensors
import Training

/// `glow plot`
struct PlotCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "plot",
    abstract:
      "Draws what a model of a table, a target, or a VAE has learned, and what is detected.",
    discussion: """
      EXAMPLES
        glow plot checkpoints/two-gaussians
        glow plot checkpoints/two-gaussians --view change --interval -1,0 --output change.svg
        glow plot checkpoints/wine --table test.csv --columns alcohol,hue --output wine.png
        glow plot checkpoints/moons --given label=1
        glow plot checkpoints/digits-vae --images test/ --output digits.png
        glow plot checkpoints/photos --scores scores.csv

      One column: data, density and its components; the map x → z; the latents and the base. Two: the \
      density with the data over it, and draws. More: every pair of columns, of data and of draws. A \
      target: what was to be learned, what was, and draws. A VAE of images: some of them, their \
      reconstructions, and new ones; of two latent dimensions what they stand for, and the posteriors \
      of four images with their approximations. A VAE of a table: data and draws.

      The data are those of --table or --images, else those that the model learned from, if they are still there. \
      The density is of the columns as they are in the file.

      With --scores, what glow detect --per-file wrote: the scores of known-good and of tested files, \
      where the alarm begins and, of folders with good ones among them, how many are found against \
      false alarms.
      """)

  /// What a picture shows.
  enum View: String, CaseIterable, ExpressibleByArgument { case density, change }

  @OptionGroup var model: ModelArguments
  @Option(
    help: ArgumentHelp("The data to draw (default: those it learned from).", valueName: "file"),
    completion: .file())
  var table: String?
  @Option(
    help: ArgumentHelp(
      "The images to draw (default: those it learned from).", valueName: "dir"),
    completion: .directory)
  var images: String?
  @OptionGroup var links: LinkOptions
  @OptionGroup var tableOptions: TableOptions
  @Option(
    help: ArgumentHelp("The picture: its name ends in .png or .svg.", valueName: "file"),
    completion: .file())
  var output = "plot.png"
  @Option(help: "The density, or how the change of variables makes it, of one column.")
  var view: View = .density
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "With --view change, the interval whose mass is followed (default: the middle 30 % of the data).",
      valueName: "low,high"))
  var interval: NumberRange?
  @Option(help: ArgumentHelp("Only these columns, as a,b,\"c, d\".", valueName: "names"))
  var columns: NameList?
  @OptionGroup var context: GivenOptions
  @Option(help: ArgumentHelp("Draws (default: as many as rows, 500 to 5,000).", valueName: "n"))
  var count: Int?
  @Option(help: ArgumentHelp("Which draws.", valueName: "s"))
  var seed: UInt64 = 0
  @Option(help: ArgumentHelp("What glow detect --per-file wrote.", valueName: "file.csv"))
  var scores: String?
  @OptionGroup var judging: AlarmOptions
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    try check(
      scores != nil || judging.isEmpty, "--score, --alarm and --calibration go with --scores")
    try check(count.map { (1...1_000_000).contains($0) } ?? true, "--count must be 1 to 1000000")
    try check(interval == nil || view == .change, "--interval goes with --view change")
    try check(
      interval.map { $0.range != nil } ?? true,
      "--interval must be two numbers, the lower one first, as -1,0")
    try check("columns", columns, NameList.lists)
  }

  func run() throws {
    threads.apply()
    try Output.tryAll(.file("output", output, .figure), reading: [model.checkpoint, table, scores])
    let (checkpoint, model) = try model.loadAny()
    if let scores {
      try drawScores(scores, checkpoint, model)
    } else if let vae = model as? VAE {
      try draw(vae, checkpoint)
    } else {
      try draw(checkpoint.expect(model, as: FlowDensity.self), checkpoint)
    }
    print("\(checkpoint.path) in \(output)")
  }

  private func draw(_ flow: FlowDensity, _ checkpoint: Checkpoint) throws {
    try refuse(["images": images != nil, "follow-links": links.follow], "is for VAEs of images")
    let c = flow.configuration
    let values = try context.values(for: c)
    let shown = try shown(c.columns)
    try check(
      view == .density || c.columns.count == 1, "--view change is of models of one column")
    let view = FlowView(flow, given: values)
    let rows = try data(view, checkpoint, values)
    let picture = FlowPicture(
      view: view, shown: shown, data: rows,
      count: count ?? (rows.isEmpty ? 2000 : min(max(rows.count / c.columns.count, 500), 5000)),
      seed: seed,
      title: title(checkpoint, c))
    let figure =
      switch self.view {
      case .density: try picture.density()
      case .change: try picture.changeOfVariables(interval?.range)
      }
    try figure.write(to: output)
  }

  func shown(_ all: [String]) throws -> [Int] {
    guard let columns else { return Array(all.indices) }
    return try columns.names.map { name in
      guard let index = all.firstIndex(of: name) else {
        throw ValidationError(
          "the model has no column \(name); it has " + all.prefix(12).joined(separator: ", "))
      }
      return index
    }
  }

  // MARK: Data

  /// Rows that are drawn of a table, at most.
  private static let mostRows = 100_000

  /// The rows to draw in the model's columns; none where there are none, which is said.
  private func data(_ view: FlowView, _ checkpoint: Checkpoint, _ values: [String: Double]) throws
    -> [Double]
  {
    let (c, source) = (view.flow.configuration, checkpoint.config.data)
    if let target = c.target {
      try check(table == nil, "the model was fitted to the target \(target), not to a table")
      return []
    }
    guard let path = table ?? source.table, table != nil || isThere(path) else {
      note("what it learned from is not there; only draws are shown")
      return []
    }
    let all = try Table(
      reading: path, columns: c.columnsWithContext,
      dropMissing: tableOptions.dropMissing || table == nil && source.dropMissing == true)
    all.sayDropped()
    let own = c.context.isEmpty ? all : try all.rows(given: values, for: c)
    if own.rows < all.rows {
      note("of \(counted(all.rows, "row")), \(grouped(own.rows)) are as --given says")
    }
    let step = (own.rows + Self.mostRows - 1) / Self.mostRows
    if step > 1 { note("of \(counted(own.rows, "row")), one in \(step) is shown") }
    let some = step > 1 ? own.rows(Array(stride(from: 0, to: own.rows, by: step))) : own
    let rows = try FlowRows(some, for: c)
    return view.original(
      rows.rows(0..<rows.count, noise: RandomStream(seed: seed, .noise)).x)
  }

  func isThere(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

  // MARK: Title

  /// "wine: whiten, 5 nsf onto normal; label = 1". Of a sampler the base comes first.
  private func title(_ checkpoint: Checkpoint, _ c: FlowConfiguration) -> String {
    let source = c.target ?? table ?? checkpoint.config.data.table ?? checkpoint.path
    let name = URL(fileURLWithPath: source).deletingPathExtension().lastPathComponent
    var flows: [(name: String, count: Int)] = []
    for flow in c.flows where !["permute", "reverse"].contains(flow) {
      if let i = flows.firstIndex(where: { $0.name == flow }) {
        flows[i].count += 1
      } else {
        flows.append((flow, 1))
      }
    }
    let list = flows.map { $0.count > 1 ? "\($0.count) \($0.name)" : $0.name }
      .joined(separator: ", ")
    let model = c.isSampler ? "\(c.base) through \(list)" : "\(list) onto \(c.base)"
    let conditions = context.all.map { "\($0.column) = \($0.text)" }
    return (["\(name): \(model)"] + conditions).joined(separator: "; ")
  }
}

/// Two numbers, LOW,HIGH.
struct NumberRange: ExpressibleByArgument {
  /// Nil where it is none.
  let range: ClosedRange<Double>?

  init(argument: String) {
    let ends = argument.split(separator: ",", omittingEmptySubsequences: false).map { Double($0) }
    guard ends.count == 2, let low = ends[0], let high = ends[1], low < high,
      low.isFinite && high.isFinite
    else {
      range = nil
      return
    }
    range = low...high
  }
}
