import Foundation
import Media
import Models
import Testing
import Training

/// The verbs on models of a table and of a target, made here in a few steps.
extension CommandTests {
  /// A table of a large number, one that follows it, a count and a kind.
  @discardableResult func makeTable(_ name: String = "t.csv", rows: Int = 400) throws -> Table {
    var generator = SystemRandomNumberGenerator()
    func normal() -> Double {
      (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &generator) }
    }
    let values = (0..<rows).flatMap { row -> [Double] in
      let a = normal()
      return [1_000_000 + 10 * a, a + 0.3 * normal(), (3 + normal()).rounded(), Double(row % 2)]
    }
    let table = Table(
      path: "\(folder)/\(name)", columns: ["a", "b", "count", "kind"], values: values)
    try table.write(to: table.path)
    return table
  }

  private func configuration(_ table: Table, conditional: Bool) throws -> FlowConfiguration {
    var c = FlowConfiguration(
      columns: ["a", "b", "count"], flows: ["lu", "maf", "reverse", "maf"], hidden: [16])
    c.discrete = ["count"]
    if conditional { c.context = [.init(name: "kind", values: [0, 1])] }
    try c.standardize(by: table)
    return c
  }

  /// Trains for a few steps, and writes the checkpoint.
  private func fit(_ task: some TrainingTask, _ data: DataDescription, to name: String) throws {
    let trainer = try Trainer(starting: task)
    for _ in 0..<30 { try trainer.step() }
    try Checkpoint.write(trainer, data: data, to: "\(folder)/\(name)", resumable: false)
  }

  private func fit(_ table: Table, conditional: Bool = false, to name: String) throws {
    let c = try configuration(table, conditional: conditional)
    let task = FlowTask(FlowDensity(c), try FlowRows(table, for: c), TrainingOptions())
    try fit(task, DataDescription(table: table.path, rows: table.rows), to: name)
  }

  func read(_ name: String) throws -> Table { try Table(reading: "\(folder)/\(name)") }

  /// The largest differences of the columns, in their deviations.
  private func differences(_ a: Table, _ b: Table) -> [Double] {
    a.columns.indices.map { i in
      let (x, y) = (a.column(i), b.column(i))
      let mean = x.reduce(0, +) / Double(x.count)
      let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count)
      return zip(x, y).map { abs($0 - $1) }.reduce(0, max) / variance.squareRoot()
    }
  }

  @Test func verbsOfATable() throws {
    let table = try makeTable()
    try fit(table, to: "m.safetensors")
    let flow = try Checkpoint(reading: folder + "/m.safetensors").model(of: FlowDensity.self)
    let scores = RowScores(of: flow, on: try FlowRows(table, for: flow.configuration))

    let evaluated = try run("glow eval m.safetensors --table t.csv --per-row rows.csv --json")
    #expect(evaluated.status == 0, "\(evaluated.error)")
    let figures = try json(evaluated.output)
    let nats = try #require(figures["nats"] as? Double)
    #expect(abs(nats - scores.mean) < 1e-5)
    #expect(abs((figures["bits"] as? Double ?? 0) * log(2) - nats) < 1e-9)
    let error = try #require(figures["standard_error"] as? Double)
    #expect(abs(error - (scores.standardError ?? 0)) < 1e-5)
    #expect(figures["rows"] as? Int == 400 && figures["weights"] as? String == "ema")
    let rows = try read("rows.csv")
    #expect(rows.columns == ["row", "nats"] && rows.rows == 400)
    #expect(zip(rows.column(1), scores.logLikelihoods).allSatisfy { abs($0 - $1) < 1e-4 })
    #expect(try run("glow eval m.safetensors --table t.csv").output.contains("nats a row"))

    let drawn = try run("glow sample m.safetensors --count 20000 --output new.csv")
    #expect(drawn.status == 0 && drawn.output.contains("20,000 rows in new.csv"), "\(drawn.error)")
    let new = try read("new.csv")
    #expect(new.columns == ["a", "b", "count"] && new.rows == 20000)
    #expect(new.column(2).allSatisfy { $0 == $0.rounded() })
    #expect(new.column(0).contains { $0 != Double(Float($0)) }, "digits of a column far from zero")
    #expect(try run("glow sample m.safetensors --count 20000 --output new.npy").status == 0)
    #expect(try read("new.npy").values == new.values, "the same seed, the same rows")
    #expect(try run("glow sample m.safetensors --temperature 0").status == 0)
    let still = try read("samples.csv")
    func spread(_ values: [Double]) -> Double { (values.max() ?? .nan) - (values.min() ?? .nan) }
    // to rounding, as with AVX2 alone a product's rows are not all rounded alike
    #expect(still.rows == 1000 && spread(still.column(1)) < 1e-5 * spread(new.column(1)))

    for ending in ["csv", "npy"] {
      let encoded = try run("glow encode m.safetensors t.csv --output z.\(ending)")
      #expect(encoded.status == 0, "\(encoded.error)")
      let decoded = try run("glow decode m.safetensors z.\(ending) --output back.csv")
      #expect(decoded.status == 0, "\(decoded.error)")
      let back = try read("back.csv")
      #expect(back.columns == ["a", "b", "count"] && back.rows == 400)
      let off = differences(try table.selecting(back.columns), back)
      #expect(off[0] < 1e-4 && off[1] < 1e-4 && off[2] == 0, "\(off)")
    }
    #expect(try read("z.csv").columns == ["z1", "z2", "z3"])
  }

  @Test func verbsOfAConditionalTable() throws {
    let table = try makeTable()
    try fit(table, conditional: true, to: "m.safetensors")
    let one = try run("glow sample m.safetensors --count 5 --given kind=1 --output new.csv")
    #expect(one.status == 0, "\(one.error)")
    let drawn = try read("new.csv")
    #expect(drawn.columns == table.columns && drawn.column(3) == [1, 1, 1, 1, 1])
    #expect(try run("glow sample m.safetensors --table t.csv --output new.csv").status == 0)
    #expect(try read("new.csv").column(3) == table.column(3))
    #expect(try run("glow eval m.safetensors --table new.csv").status == 0)
    #expect(try run("glow encode m.safetensors t.csv --output z.csv").status == 0)
    #expect(try read("z.csv").columns == ["z1", "z2", "z3", "kind"])
    #expect(try run("glow decode m.safetensors z.csv --output back.csv").status == 0)
    let off = differences(table, try read("back.csv"))
    #expect(off[0] < 1e-4 && off[1] < 1e-4 && off[2] == 0 && off[3] == 0, "\(off)")
    #expect(try run("glow inspect m.safetensors").output.contains("a, b, count, given kind"))

    try Data("a,b,count,kind\n1000000,0,3,0\n1000000,0,3,2\n".utf8)
      .write(to: URL(fileURLWithPath: folder + "/third.csv"))
    let third = "row 2: kind is 2, which the model has not seen; it has seen 0, 1"
    try expectRefusals([
      ("glow sample m.safetensors", 64, "conditional on kind, of which no value is given"),
      ("glow sample m.safetensors --given kind", 64, "--given kind: must be COLUMN=NUMBER"),
      ("glow sample m.safetensors --given sort=1", 64, "not conditional on sort"),
      ("glow sample m.safetensors --given kind=2", 64, "kind is 2, which the model"),
      ("glow sample m.safetensors --given kind=1,kind=1", 64, "one column twice"),
      ("glow sample m.safetensors --given kind=1 --table third.csv", 64, "exclude"),
      ("glow sample m.safetensors --table third.csv", 65, third),
      ("glow eval m.safetensors --table third.csv", 65, third),
    ])
  }

  /// How long a target rises is said, kept, and not changed on the way.
  @Test func annealingOfATarget() throws {
    let fit = "glow fit --target U1 --flow planar --transforms 2"
    let begun = try run("\(fit) --iterations 20 --output r")
    #expect(begun.status == 0, "\(begun.error)")
    #expect(begun.output.contains("rises from flat over 10 steps"))
    let other = try run("glow fit --resume r --iterations 30 --annealing 15")
    #expect(other.status == 64 && other.error.contains("changed: --annealing"), "\(other.error)")
    let same = try run("glow fit --resume r --iterations 30 --annealing 10")
    #expect(same.status == 0 && same.output.contains("over 10 steps"), "\(same.error)")
    #expect(try run("glow fit t.csv --annealing 5").error.contains("--annealing: for targets"))
    #expect(try run("\(fit) --annealing -5").status == 64)
  }

  @Test func verbsOfATarget() throws {
    var c = FlowConfiguration(columns: ["x1", "x2"], flows: ["planar", "planar"], hidden: [])
    (c.isSampler, c.target) = (true, "U1")
    let target = try #require(Target.named("U1"))
    let task = TargetTask(FlowDensity(c), target: target, TrainingOptions())
    try fit(task, DataDescription(target: "U1"), to: "m.safetensors")
    let flow = try Checkpoint(reading: folder + "/m.safetensors").model(of: FlowDensity.self)
    let scores = TargetScores(of: flow, target, draws: 3000, seed: 0)
    let evaluated = try run("glow eval m.safetensors --draws 3000 --json")
    #expect(evaluated.status == 0, "\(evaluated.error)")
    let figures = try json(evaluated.output)
    for (key, value) in [
      ("bound", scores.bound), ("bound_standard_error", scores.boundStandardError),
      ("log_z", scores.logNormalizer), ("log_z_standard_error", scores.logNormalizerStandardError),
      ("effective_sample_size", scores.effectiveSampleSize), ("draws", 3000),
      ("true_log_z", 1.8775),
    ] {
      let figure = try #require(figures[key] as? Double, "\(key)")
      #expect(abs(figure - value) < 1e-4 * max(1, abs(value)), "\(key)")
    }
    #expect(try run("glow eval m.safetensors").output.contains("in truth 1.8775"))
    #expect(try run("glow sample m.safetensors --count 10 --output s.csv").status == 0)
    #expect(try read("s.csv").columns == ["x1", "x2"] && read("s.csv").rows == 10)
    let inspected = try run("glow inspect m.safetensors")
    #expect(inspected.output.contains("sampler of the target U1"), "\(inspected.error)")
    try expectRefusals([
      ("glow eval m.safetensors --table s.csv", 64, "--table is for tables"),
      ("glow eval m.safetensors --draws 1", 64, "--draws"),
      ("glow sample m.safetensors --given x1=1", 64, "--given is for conditional models"),
    ])
  }

  @Test func aTablesModelIsInspected() throws {
    try fit(try makeTable(), to: "m.safetensors")
    let said = try run("glow inspect m.safetensors")
    #expect(said.status == 0, "\(said.error)")
    for says in [
      "density of a table's rows", "a, b, count; whole numbers: count", "lu, maf, reverse, maf",
      "t.csv, 400 rows; 30 steps of 32", "best        none", "of lu, number 1",
    ] {
      #expect(said.output.contains(says), "\(says): \(said.output)")
    }
    let figures = try json(run("glow inspect m.safetensors --json").output)
    #expect((figures["round_trip_standard_deviations"] as? Double).map { $0 < 1e-4 } == true)
    #expect(figures["best_nats"] is NSNull && figures["iteration"] as? Int == 30)
    let conditions = try #require(figures["condition_numbers"] as? [String: Double])
    #expect(Array(conditions.keys) == ["flows.0"])
  }

  @Test func badTablesAreOneLineAndAStatus() throws {
    let table = try makeTable()
    try fit(table, to: "m.safetensors")
    try put("less.csv", "a,b\n1,2\n")
    try put("other.csv", "u,v,w\n1,2,3\n")
    try put("nan.csv", "a,b,count\n1000000,2,3\n1000000,nan,3\n")
    try put("z.csv", "z1,z2\n1,2\n")
    try put("text.csv", "a,b,count\n1,2,three\n")
    try put("unit.csv", "p,q\n0.5,0.5\n1.5,0.5\n0.25,0.75\n-1,0.5\n")
    // a bounded first flow has a density on (0, 1) only
    let unit = FlowConfiguration(
      columns: ["p", "q"], flows: ["logit", "affine", "sigmoid"], base: "uniform", hidden: [])
    let inside = Table(
      path: "", columns: unit.columns, values: (1..<200).map { Double($0 % 97 + 1) / 100 } + [0.5])
    let task = FlowTask(FlowDensity(unit), try FlowRows(inside, for: unit), TrainingOptions())
    try fit(task, DataDescription(table: "", rows: 100), to: "unit.safetensors")

    try expectRefusals([
      ("glow eval m.safetensors --table nowhere.csv", 66, "nowhere.csv"),
      ("glow eval m.safetensors --table less.csv", 65, "no column \"count\""),
      ("glow eval m.safetensors --table other.csv", 65, "its columns are u, v, w"),
      ("glow eval m.safetensors --table nan.csv", 65, "line 3, column \"b\""),
      ("glow eval m.safetensors --table text.csv", 65, "line 2"),
      ("glow eval unit.safetensors --table unit.csv", 65, "2 of 4 rows lie outside"),
      ("glow eval m.safetensors", 64, "--table TABLE"),
      ("glow eval m.safetensors --images images", 64, "--images is for models of images"),
      ("glow eval m.safetensors --table t.csv --draws 3", 64, "--draws"),
      ("glow eval m.safetensors --table t.csv --window 3", 64, "--window"),
      ("glow eval m.safetensors --table t.csv --per-row /proc/none/r.csv", 73, "/proc/none"),
      ("glow sample m.safetensors --grid g.png", 64, "--grid is for models of images"),
      ("glow sample m.safetensors --columns 3", 64, "--columns is for"),
      ("glow sample m.safetensors --seconds 3", 64, "--seconds is for"),
      ("glow sample m.safetensors --class a", 64, "--class is for"),
      ("glow sample m.safetensors --count 10000001", 64, "--count"),
      ("glow sample m.safetensors --output new.png", 64, "must end in .csv, .tsv or .npy"),
      ("glow sample m.safetensors --given kind=1", 64, "this is none"),
      ("glow encode m.safetensors less.csv --output l.csv", 65, "no column \"count\""),
      ("glow encode m.safetensors t.csv t.csv --output l.csv", 64, "one table"),
      ("glow decode m.safetensors z.csv --output b.csv", 65, "no column \"z3\""),
      ("glow decode unit.safetensors z.csv --output b.csv", 65, "row 1 lies outside of the base"),
      ("glow inspect m.safetensors t.csv", 64, "files are for models of images"),
      (
        "glow interpolate m.safetensors a.png b.png --output i.png", 65,
        "is a model of kind table; one of kind images or audio is needed"
      ),
    ])
    let kept = try run("glow eval m.safetensors --table nan.csv --drop-missing --json")
    #expect(try json(kept.output)["rows"] as? Int == 1)
    #expect(kept.error.contains("1 row left out"))
    let named = try run("glow eval unit.safetensors --table unit.csv").error
    #expect(named.contains("rows 2, 4"), "\(named)")
  }

  /// Each of the lines fails with its status and one line that says so.
  func expectRefusals(_ table: [(line: String, status: Int32, says: String)]) throws {
    for (line, status, says) in table {
      let outcome = try run(line)
      #expect(outcome.status == status, "\(line): \(outcome.error)")
      #expect(outcome.error.contains(says), "\(line): \(outcome.error)")
      #expect(outcome.error.split(separator: "\n").count == 1, "\(line): \(outcome.error)")
    }
  }
}
