import Foundation
import Media
import Models
import Tensors
import Testing
import Training

/// `glow fit`, on tables of a few hundred rows and for a few steps.
extension CommandTests {
  private static let few = "--iterations 2 --hidden 4 --threads 1"

  func put(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
  }

  private func fit(_ more: String, says: [String] = []) throws -> Outcome {
    let outcome = try run("glow fit \(more) \(Self.few)")
    #expect(outcome.status == 0, "\(more): \(outcome.error)")
    for text in says {
      #expect((outcome.error + outcome.output).contains(text), "\(text): \(outcome)")
    }
    return outcome
  }

  /// The lines of metrics, without what depends on time.
  func metrics(_ run: String) throws -> [[String: Double]] {
    try String(contentsOfFile: "\(folder)/\(run)/metrics.jsonl", encoding: .utf8)
      .split(separator: "\n").map { line in
        try json(String(line)).compactMapValues { $0 as? Double }
          .filter { !["seconds", "examples_per_second"].contains($0.key) }
      }
  }

  @Test func aTableOfAnyFormIsTheSame() throws {
    let table = try makeTable()
    let text = try String(contentsOfFile: table.path, encoding: .utf8)
    try put("semicolons.csv", text.replacing(",", with: ";"))
    try put("bare.csv", text.split(separator: "\n").dropFirst().joined(separator: "\n"))
    try table.write(to: folder + "/t.tsv")
    try table.write(to: folder + "/t.npy")
    let files = ["t.csv", "semicolons.csv", "bare.csv", "t.tsv", "t.npy"]
    for file in files { _ = try fit("\(file) --output \(file).run") }
    let all = try files.map { try metrics($0 + ".run") }
    #expect(all.allSatisfy { $0 == all[0] } && all[0].count == 2)
    for file in ["best.safetensors", "last.safetensors", "samples/2.csv", ".lock"] {
      #expect(FileManager.default.fileExists(atPath: "\(folder)/t.csv.run/\(file)"), "\(file)")
    }
    let said = try fit("t.csv", says: ["output      checkpoints/t\n"]).output
    #expect(said.contains(#/data .*; read in \d+\.\d\d s, [\d,]+ rows/s\n/#), "\(said)")
    _ = try fit("t.csv", says: ["output      checkpoints/t-2\n"])
    let one = try fit("t.npy --columns x2 --quiet", says: [])
    #expect(one.output.isEmpty && one.error.isEmpty)
  }

  @Test func everyFlowAndBaseByName() throws {
    try makeTable(rows: 60)
    try put("unit.csv", "p,q\n" + (1..<40).map { "0.\($0),0.\(97 - $0)\n" }.joined())
    for flow in FlowName.allCases {
      let table = flow == .logit ? "unit.csv" : "t.csv --columns a,b"
      _ = try fit("\(table) --flow \(flow.rawValue) --output \(flow.rawValue)")
    }
    let solver = try run("glow inspect continuous").output
    #expect(solver.contains("keeps flows.0 within 1e-05, by "), "\(solver)")
    let classes = "t.csv --columns a --conditional kind --base"
    for base in ["mixture(2)", "learned-normal"] {
      _ = try fit(
        "\(classes) \(base) --output classes-\(base)",
        says: [" onto \(base) for each of 2 classes\n"])
    }
    #expect(try run("glow sample classes-mixture(2) --given kind=1 --output new.csv").status == 0)
    #expect(try run("glow plot classes-mixture(2) --given kind=1 --output new.png").status == 0)
    for base in ["learned-normal", "uniform", "beta(2,5)", "student(5)", "mixture(3)"] {
      _ = try fit("t.csv --columns a --base \(base) --output \(base)", says: [" onto \(base)\n"])
    }
    _ = try fit(
      "t.csv --flow maf,planar*4,lu --output list", says: ["maf, planar × 4, lu onto normal"])
    _ = try fit(
      "t.csv --flow gmm --base normal --output joined", says: ["gmm, logit onto normal"])
  }

  /// A base for each class where there are rows for it; else one for all, which is said.
  @Test func fewRowsShareABase() throws {
    func rows(_ classes: (Int) -> String) -> String {
      (0..<60).map { "\(sin(Double($0))),\(classes($0))\n" }.joined()
    }
    try put("few.csv", "x,k\n" + rows { "\($0 % 60 / 29)" })
    try put("many.csv", "x,p,q,r\n" + rows { "\($0 % 17),\($0 % 19),\($0 % 23)" })
    for (words, reason) in [
      ("few.csv --conditional k", "that of k = 2 would be learned from "),
      ("many.csv --conditional p,q,r", "there are more than 4096 combinations"),
    ] {
      let said = try fit("\(words) --base mixture(3)")
      #expect(said.error.contains("note: one base for all classes: \(reason)"), "\(said)")
      #expect(said.output.contains(" onto mixture(3)\n"), "\(said)")
    }
  }

  @Test func whatIsOddIsSaid() throws {
    let table = try makeTable()
    let rows = (0..<table.rows).map { n in
      let (a, b) = (table.column(0)[n], table.column(1)[n])
      return "\(a),\(b),7,\(2 * b - 1),\(table.column(2)[n])\n"
    }
    try put("odd.csv", "a,b,same,copy,count\n" + rows.joined())
    let odd = try fit(
      "odd.csv --output odd",
      says: [
        "note: column same is left out: it is 7 in each row\n",
        "note: column copy is left out: it is 2 · b − 1\n",
        "warning: whole numbers: count, which", "--discrete a,b, or all, adds",
        "columns     a, b, count\n",
      ])
    #expect(!odd.output.contains("constant: ") && !odd.output.contains("copies: "))
    #expect(odd.output.components(separatedBy: "whole numbers").count == 1, "told once")
    let told = try fit(
      "odd.csv --discrete count --output told", says: ["columns     a, b, count\n"])
    #expect(!(told.output + told.error).contains("whole"))
    _ = try fit("odd.csv --discrete all --output all")
    #expect(try metrics("all") == metrics("told"))
    for (run, patience) in [("still", ""), ("patient", "--patience 0")] {
      _ = try fit(
        "t.csv --flow permute \(patience) --output \(run)",
        says: ["step 0  validation ", "no validation was better than the"])
    }
    let given = try fit(
      "t.csv --conditional kind,count --output given",
      says: ["columns     a, b, given kind, count\n"])
    #expect(!(given.output + given.error).contains("whole"))
    #expect(try run("glow eval given --table t.csv").status == 0)
    #expect(try run("glow sample given --given kind=1,count=3 --output new.csv").status == 0)
    try put("again.csv", "a,b\n" + String(repeating: "0.5,1\n0.25,3\n1.5,2.5\n", count: 10))
    _ = try fit(
      "again.csv --output again", says: ["repeated: 3 different rows, one of them 10 times"])
    try put("escape.csv", "a\u{1B}[31m,\"b\nc\"\n1,2\n3,4.5\n2,7\n")
    let plain = try fit(
      "escape.csv --output escape", says: ["columns     a\u{FFFD}[31m, b\u{FFFD}c\n"])
    #expect(!(plain.output + plain.error).contains("\u{1B}"))
    try put("wide.csv", "a,b,c,d\n1.5,2,3.5,1\n0.5,1.5,9,2.5\n7,0.1,0.2,0.5\n")
    _ = try fit(
      "wide.csv --output wide", says: ["warning: few rows: 3 rows for 4 columns", "only memorises"])
  }

  @Test func whatCannotBeFittedIsOneLineAndAStatus() throws {
    try makeTable()
    for (name, text) in [
      ("empty.csv", ""), ("header.csv", "a,b\n"), ("row.csv", "a,b\n1,2\n"),
      ("ragged.csv", "a,b\n1,2\n1\n"), ("text.csv", "a,b\n1,2\n1,two\n"),
      ("missing.csv", "a,b\n1,2\n1,\n2,3\n"), ("inf.csv", "a,b\n1,2\n1,inf\n"),
      ("same.csv", "a,b\n1,2\n1,2\n1,2\n"), ("far.csv", "a\n1e200\n-1e200\n0\n"),
      ("near.csv", "a\n1e-200\n-1e-200\n0\n"),
      ("unit.csv", "a,b\n0.5,0.5\n1.5,0.5\n0.25,0.75\n-1,0.5\n0.3,0.7\n"),
    ] { try put(name, text) }
    let outside =
      "unit.csv: 2 of 5 rows lie outside of (0, 1), where the flow logit begins: rows 2, 4"
    try expectRefusals([
      ("glow fit", 64, "a TABLE says what to learn"),
      ("glow fit empty.csv", 65, "is empty"), ("glow fit header.csv", 65, "has no rows"),
      ("glow fit row.csv", 65, "has 1 row only"),
      ("glow fit ragged.csv", 65, "line 3 has 1 cell"),
      ("glow fit text.csv", 65, "line 3, column \"b\""),
      ("glow fit missing.csv", 65, "--drop-missing leaves such rows out"),
      ("glow fit inf.csv", 65, "line 3, column \"b\""),
      ("glow fit same.csv", 65, "has one distinct row only"),
      ("glow fit far.csv", 65, "column a has numbers too far apart"),
      ("glow fit near.csv", 65, "column a has numbers too close together"),
      ("glow fit unit.csv --flow logit,maf", 65, outside),
      ("glow fit images", 65, "is a directory"), ("glow fit nowhere.csv", 66, "nowhere.csv"),
      ("glow fit images/1/0000.png", 65, "is binary, not text"),
      ("glow fit t.csv --columns a,u", 65, "no column \"u\""),
      ("glow fit t.csv --columns a,,b", 64, "--columns must be a list as a,b,c"),
      ("glow fit t.csv --conditional u", 65, "has no column u"),
      ("glow fit t.csv --conditional a,b,count,kind", 65, "all others are conditions"),
      ("glow fit t.csv --discrete a", 65, "column a does not hold whole numbers"),
      ("glow fit t.csv --discrete u", 64, "--discrete u"),
      ("glow fit t.csv --validation same.csv", 65, "same.csv: has no column"),
      ("glow fit t.csv --validation-fraction 0.999", 64, "leaves 1 row of 400"),
      ("glow fit t.csv --validation-fraction 1", 64, "below 1"),
      ("glow fit t.csv --flow nsv", 64, "--flow nsv: not a flow"),
      ("glow fit t.csv --flow planar*0", 64, "--flow planar*0"),
      ("glow fit t.csv --flow maf,lu --transforms 3", 64, "--transforms is for one flow"),
      ("glow fit t.csv --flow maf,logit", 64, "logit takes what lies in (0, 1)"),
      ("glow fit --target U1 --flow logit", 64, "logit takes what lies in (0, 1)"),
      ("glow fit t.csv --base beta(2)", 64, "--base beta(2)"),
      ("glow fit t.csv --columns a --flow realnvp", 64, "needs two columns"),
      ("glow fit t.csv --hidden 8,x", 64, "--hidden must be 1 to 16384"),
      ("glow fit --target U9", 64, "--target must be one of U1,"),
      ("glow fit --target U1 t.csv", 64, "exclude"),
      ("glow fit --target U1 --columns a --epochs 2", 64, "--columns, --epochs: for tables"),
      ("glow fit t.csv --resume images --quiet", 66, "images/last.safetensors"),
    ])
    _ = try fit("missing.csv --drop-missing --output kept", says: ["(1 row with missing values"])
  }

  /// The same seed, the same run; a run is gone on with on its own rows, by its own options.
  @Test func aFitIsGoneOnWith() throws {
    try makeTable()
    try makeTable("held.csv", rows: 40)
    try makeTable("other.csv")
    let options = "--conditional a --columns a,count,b --discrete count --seed 3"
    for name in ["one", "two"] {
      _ = try fit("t.csv --validation held.csv \(options) --output \(name)")
    }
    let files = try ["one", "two"].map {
      try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\($0)/samples/2.csv"))
    }
    #expect(files[0] == files[1])
    try expectRefusals([
      ("glow fit t.csv --output one", 64, "holds a run already"),
      (
        "glow fit --resume one --flow maf --base uniform --hidden 5 --columns a --discrete b "
          + "--batch 3 --seed 4", 64,
        "changed: --flow or --transforms, --base, --hidden, --columns, --discrete, --batch, --seed"
      ),
      ("glow fit --resume one --no-drop-missing --columns b,a,count", 64, "changed: --columns ("),
      ("glow fit --resume one --validation-fraction 0.5", 64, "changed: --validation-fraction"),
      ("glow fit other.csv --resume one", 65, "does not hold the rows that the run began with"),
      ("glow fit --resume one --validation other.csv", 65, "other.csv: does not hold the rows"),
      ("glowtrain --resume one", 65, "kind table"),
    ])
    try FileManager.default.moveItem(atPath: folder + "/t.csv", toPath: folder + "/moved.csv")
    #expect(try run("glow fit --resume one").status == 66)
    let same = "--config one/config.yaml --conditional a --columns count,b --iterations 4"
    #expect(try run("glow fit moved.csv --resume one \(same)").status == 0)
    #expect(try run("glow fit --resume one --epochs 1").status == 0, "it knows the new place")

    let still = "moved.csv --flow permute --patience 1 --evaluate-every 1 --iterations 50"
    #expect(try run("glow fit \(still) --output still").status == 0)
    let again = try run("glow fit --resume still")
    #expect(again.error.contains("the last 1 validation of the run"), "\(again.error)")

    let target = try run("glow fit --target U1 --output q --iterations 2")
    #expect(target.status == 0, "\(target.error)")
    try expectRefusals([
      ("glow fit --resume q --epochs 2", 64, "changed: --epochs"),
      ("glow fit --resume q --target U2", 64, "changed: --target"),
      ("glow fit moved.csv --resume q", 64, "has no TABLE"),
      ("glow fit --resume q --validation moved.csv", 64, "changed: --validation"),
    ])
    #expect(try run("glow fit --resume q --iterations 3").status == 0)
  }

  /// What a column that is left out lacks leaves out no row, then as later.
  @Test func missingValuesOfConstants() throws {
    let rows = (0..<40).map { "\(0.37 * Double($0 * $0 % 41)),\($0 % 3 == 0 ? "" : "5")\n" }
    try put("t.csv", "a,same\n" + rows.joined())
    _ = try fit("t.csv --drop-missing --output run", says: ["36 to train on, 4 to validate on"])
    let resumed = try run("glow fit --resume run --iterations 3")
    #expect(resumed.output.contains("36 to train on, 4 to validate on"), "\(resumed.error)")
    let held = try run("glow eval run --held-out --json")
    #expect(try json(held.output)["rows"] as? Int == 4, "\(held.error)")
    let missing = try run("glow eval run --held-out --drop-missing")
    #expect(missing.status == 64 && missing.error.contains("--drop-missing excludes"))
  }

  /// What is said of a table, and what its columns are scaled by, is of the rows that are learned.
  @Test func statisticsAreThoseOfTheRowsToTrainOn() throws {
    let held = Set(RandomStream(seed: 0, .split).permutation(40)[..<4])
    let rows = (0..<40).map { n in
      let far = held.contains(n) ? 1000.0 : 0
      return "\(Double(n) + far),\(Double(n % 7) * 0.5 - far),\(far),\(n % 3 == 0 ? "" : "5")\n"
    }
    try put("t.csv", "a,b,flat,same\n" + rows.joined())
    let said = try fit(
      "t.csv --drop-missing --conditional b --output run",
      says: [
        "note: column flat is left out: it is 0 in each row to train on\n",
        "data        40 rows of 2 columns: a 0 to",
      ])
    #expect(!said.output.contains("missing"), "\(said.output)")
    let c = try Checkpoint(reading: folder + "/run").configuration(of: FlowDensity.self)
    let numbers = try String(contentsOfFile: folder + "/run/validation.txt", encoding: .utf8)
    #expect(numbers == held.sorted().map { "\($0 + 1)\n" }.joined())
    #expect(c.columns == ["a"] && c.scale[0] < 20 && c.context[0].scale < 2, "\(c)")
  }

  /// An interrupted fit is bit for bit what it would have been.
  @Test func anInterruptedFitIsTheSame() throws {
    try makeTable()
    let options =
      "glow fit t.csv --flow maf --hidden 8 --evaluate-every 20 --patience 0 --threads 1"
    let words = options.split(separator: " ").map(String.init)
    let said = try interrupt(
      words + ["--output", "cut", "--iterations", "1000000"], output: "cut")
    #expect(said.hasSuffix("go on with: glow fit --resume cut\n"))
    let last = try Checkpoint(reading: folder + "/cut", preferring: "last").state.iteration
    let end = last + 25
    let resumed = try run("glow fit --resume cut --iterations \(end) --threads 1")
    #expect(resumed.output.contains("goes on from step"), "\(resumed.error)")
    #expect(try run("\(options) --output whole --iterations \(end)").status == 0)
    #expect(try metrics("cut") == metrics("whole"))
    let scores = try ["cut", "whole"].map {
      try run("glow eval \($0)/last.safetensors --table t.csv --weights raw --json").output
    }
    #expect(scores[0] == scores[1] && scores[0].contains("nats"))
  }
}
