import Foundation
import Media
import Models
import Tensors
import Testing
import Training

/// `glow plot`, on models that a few steps of training made.
@Suite struct PlotCommandTests {
  let commands: CommandTests
  private var folder: String { commands.folder }

  init() throws { commands = try CommandTests() }

  /// A table of uneven columns, which are written c1, c2 …, and of a label 0 or 1, which moves
  /// them.
  private func table(columns d: Int, rows: Int = 400) throws -> Table {
    let noise = RandomStream(seed: 1, .noise).normal([rows, d]).elements
    var values: [Double] = []
    for n in 0..<rows {
      let label = Double(n % 2)
      for i in 0..<d { values.append(100 + 10 * Double(noise[n * d + i]) + 30 * label) }
      values.append(label)
    }
    let names = (1...d).map { "c\($0)" }
    let table = Table(path: "\(folder)/table.csv", columns: names + ["label"], values: values)
    try table.write(to: table.path)
    return table
  }

  /// Trains on the table and writes NAME.safetensors.
  private func train(_ name: String, _ c: FlowConfiguration, on table: Table, steps: Int = 20)
    throws
  {
    var c = c
    try c.standardize(by: table)
    var options = TrainingOptions()
    (options.batch, options.learningRate) = (64, 0.01)
    let task = FlowTask(FlowDensity(c, seed: 1), try FlowRows(table, for: c), options)
    try write(name, task, DataDescription(table: table.path, rows: table.rows), steps: steps)
  }

  private func write(
    _ name: String, _ task: some TrainingTask, _ data: DataDescription, steps: Int
  ) throws {
    let trainer = try Trainer(starting: task)
    for _ in 0..<steps { _ = try trainer.step() }
    try Checkpoint.write(
      trainer, data: data, to: "\(folder)/\(name).safetensors", resumable: false)
  }

  /// A picture of this size in points, of two pixels each, that isn't blank.
  private func expectPicture(_ file: String, _ width: Int, _ height: Int, by line: String) throws {
    let outcome = try commands.run(line)
    #expect(outcome.status == 0 && outcome.output.contains(file), "\(outcome.error)")
    if file.lowercased().hasSuffix(".svg") {
      let text = try String(contentsOfFile: "\(folder)/\(file)", encoding: .utf8)
      #expect(text.contains("viewBox=\"0 0 \(width) \(height)\"") && text.hasSuffix("</svg>\n"))
    } else {
      let image = try PNG.read("\(folder)/\(file)").image
      #expect(image.width == 2 * width && image.height == 2 * height)
      #expect(Set(image.pixels).count > 50)
    }
  }

  private func expectError(_ status: Int32, _ words: String, by line: String) throws {
    let outcome = try commands.run(line)
    #expect(outcome.status == status && outcome.error.contains(words), "\(outcome.error)")
    #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
  }

  @Test func oneColumn() throws {
    var c = FlowConfiguration(columns: ["c1"], flows: ["gmm"], base: "beta(2,5)")
    c.components = 3
    try train("one", c, on: table(columns: 1))
    let model = "glow plot one.safetensors"
    try expectPicture("plot.png", 960, 320, by: model)
    try expectPicture("a.SVG", 960, 320, by: "\(model) --table table.csv --output a.SVG")
    let change = "\(model) --view change --output"
    try Data("c1\n1\n\"\"\n90\n".utf8).write(to: URL(fileURLWithPath: "\(folder)/holes.csv"))
    try expectError(65, "lacks 1 value", by: "\(model) --table holes.csv")
    let dropped = try commands.run("\(model) --table holes.csv --drop-missing")
    #expect(dropped.status == 0 && dropped.error.contains("1 row left out"), "\(dropped.error)")
    try expectPicture("b.png", 640, 620, by: "\(change) b.png")
    try expectPicture("c.svg", 640, 620, by: "\(change) c.svg --interval -20,110")
    try expectError(64, "--interval", by: "\(change) d.svg --interval 110,-20")

    try FileManager.default.removeItem(atPath: "\(folder)/table.csv")
    let gone = try commands.run(model)
    #expect(gone.status == 0 && gone.error.contains("only draws"), "\(gone.error)")
    for (status, words, line) in [
      (66, "no.csv", "\(model) --table no.csv"),
      (64, "must end in .png or .svg", "\(model) --output plot.jpg"),
      (73, "folder does not exist", "\(model) --output no/plot.png"),
      (64, "goes with --view change", "\(model) --interval 1,2"),
      (64, "no column x; it has c1", "\(model) --columns x"),
      (64, "not conditional on x", "\(model) --given x=1"),
    ] as [(Int32, String, String)] {
      try expectError(status, words, by: line)
    }
  }

  @Test func twoColumnsGivenALabel() throws {
    var c = FlowConfiguration(columns: ["c1", "c2"], flows: ["maf"], hidden: [8])
    c.context = [.init(name: "label", values: [0, 1])]
    try train("two", c, on: table(columns: 2))
    let model = "glow plot two.safetensors"
    try expectPicture("plot.png", 860, 440, by: "\(model) --given label=1 --count 50")
    try expectPicture(
      "a.svg", 860, 440, by: "\(model) --given label=0 --output a.svg --columns c2,c1")
    // of one of them alone the density is not known
    try expectPicture("b.png", 480, 510, by: "\(model) --given label=1 --columns c2 --output b.png")
    try expectError(64, "conditional on label", by: model)
    try expectError(64, "it has seen 0, 1", by: "\(model) --given label=2")
    try expectError(64, "models of one column", by: "\(model) --given label=0 --view change")
    try Table(path: "", columns: ["c1", "label"], values: [1, 0]).write(to: "\(folder)/less.csv")
    try expectError(
      65, "no column \"c2\"", by: "\(model) --given label=0 --table less.csv")
  }

  @Test func fiveColumnsAndATarget() throws {
    let names = (1...5).map { "c\($0)" }
    try train(
      "five", FlowConfiguration(columns: names, flows: ["maf"], hidden: [8]),
      on: table(columns: 5))
    try expectPicture("plot.png", 685, 715, by: "glow plot five.safetensors")
    try expectPicture(
      "a.svg", 480, 510, by: "glow plot five.safetensors --columns c1,c4,c2 --output a.svg")

    var c = FlowConfiguration(columns: ["x1", "x2"], flows: ["planar", "planar"])
    (c.isSampler, c.target) = (true, "U1")
    var options = TrainingOptions()
    options.batch = 64
    let target = try #require(Target.all.first { $0.name == "U1" })
    let task = TargetTask(FlowDensity(c, seed: 1), target: target, options)
    try write("target", task, DataDescription(target: "U1"), steps: 3)
    try expectPicture("t.png", 1180, 420, by: "glow plot target.safetensors --output t.png")
    try expectError(64, "to the target U1", by: "glow plot target.safetensors --table a.csv")
  }

  @Test func modelsOfImagesHaveNoSuchPicture() throws {
    let shipped = "\(CommandTests.root)/checkpoints/glyphs.safetensors"
    try expectError(65, "model of", by: "glow plot \(shipped)")
    try expectError(66, "nothing", by: "glow plot nothing.safetensors")
  }
}
