import Foundation
import Testing
import Training

/// `--config`, `--print-config` and `--dry-run`.
extension CommandTests {
  private static let small = "--levels 1 --steps 1 --width 4 --batch 4 --iterations 2 --threads 1"

  private func put(_ name: String, _ text: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
  }

  /// What is printed is read again as the same, and the run it began is the same run.
  @Test func aConfigMakesTheRoundTrip() throws {
    try makeTable()
    let runs = [
      ("glowtrain", "--images images \(Self.small) --class-conditional --flip --clip-norm 9"),
      ("glow fit", "t.csv --columns b,a --conditional kind --iterations 2 --hidden 4 --threads 1"),
      ("glow fit", "--target U1 --flow planar --transforms 1 --iterations 2 --threads 1"),
    ]
    for (i, (program, options)) in runs.enumerated() {
      let printed = try run("\(program) \(options) --print-config")
      #expect(printed.status == 0 && printed.error.isEmpty, "\(printed.error)")
      try put("c.yaml", printed.output)
      #expect(try run("\(program) --config c.yaml --print-config").output == printed.output)
      #expect(try run("\(program) \(options) --output one\(i)").status == 0)
      let path = "\(folder)/one\(i)/config.yaml"
      let kept = try String(contentsOfFile: path, encoding: .utf8)
      #expect(kept.replacing("output: one\(i)\n", with: "") == printed.output)
      #expect(try run("\(program) --config one\(i)/config.yaml --output two\(i)").status == 0)
      let configs = try ["one", "two"].map {
        try Checkpoint(reading: "\(folder)/\($0)\(i)/last.safetensors").config
      }
      let options = configs.map { config in
        var options = config.training
        options.evaluateEvery = options.validationInterval
        options.sampleEvery = options.sampleInterval
        return options
      }
      #expect(options[0] == options[1] && configs[0].data == configs[1].data)
    }
    let scores = try ["one0", "two0"].map {
      try run("glow eval \($0)/last.safetensors --images images --json").output
    }
    #expect(scores[0] == scores[1])
  }

  @Test func optionsOnTopOfAConfigWin() throws {
    try put(
      "c.json",
      "{\n\t\"images\": \"images\", \"iterations\": 7,\n\t\"flip\": true, \"batch\": 4, \"bits\": null}"
    )
    let chosen = try run("glowtrain --config c.json --minutes 2 --no-flip --batch 6 --print-config")
    for line in ["minutes: 2.0", "flip: false", "batch: 6", "bits: 8"] {
      #expect(chosen.output.contains("\n\(line)\n"), "\(line): \(chosen.error)")
    }
    #expect(!chosen.output.contains("iterations"))
    let dry = try run("glowtrain --config c.json --levels 1 --steps 1 --width 4 --dry-run")
    #expect(dry.status == 0 && dry.output.contains("MiB at its peak"), "\(dry.error)")
    #expect(!FileManager.default.fileExists(atPath: folder + "/checkpoints"))
  }

  /// Whatever the command line takes, a file does.
  @Test func everyOptionCanStandInAConfig() throws {
    let notOfFiles = ["config", "print-config", "dry-run", "help", "version"]
    for program in ["glowtrain", "glow fit"] {
      let usage = try #require(
        run("\(program) --help").output.components(separatedBy: "USAGE").last)
      let names = usage.split(separator: "\n").compactMap {
        $0.firstMatch(of: /^  (?:-h, )?--([a-z-]+)/).map { String($0.1) }
      }.filter { !notOfFiles.contains($0) }
      #expect(names.count > 25)
      try put("all.yaml", names.map { "\($0): null\n" }.joined())
      try expectRefusals([("\(program) --config all.yaml", 64, "says what to learn")])
    }
  }

  @Test func wrongConfigsAreOneLine() throws {
    for (text, status, says) in [
      ("bach: 3", 65, "c.yaml: bach: there is no such option; did you mean batch?"),
      ("batch: x", 65, "c.yaml: batch: must be a whole number, and is x"),
      ("batch: 0", 65, "c.yaml: batch: must be 1 to 65536, and is 0"),
      ("flip: 1", 65, "flip: must be true or false"),
      ("optimizer: sgd", 65, "must be one of adam, adamax"),
      ("batch: {a: 1}", 65, "batch: must be one value"), ("- a", 65, "holds no options"),
      ("a: [", 65, "is neither YAML nor JSON: line "),
      ("batch: 1\nbatch: 2", 65, "a key twice: batch"),
      (String(repeating: "[", count: 100_000), 65, "is neither YAML nor JSON"),
      ("images: images\naudio: images", 64, "with c.yaml: --images and --audio exclude"),
      ("", 64, "says what to learn"),
    ] as [(String, Int32, String)] {
      try put("c.yaml", text)
      try expectRefusals([("glowtrain --config c.yaml", status, says)])
    }
    try expectRefusals([("glow fit --config nowhere.yaml", 66, "nowhere.yaml: does not exist")])
  }
}
