import Foundation
import Media
import Testing
import Training

/// `--config`, `--print-config` and `--dry-run`.
extension CommandTests {
  private static let small = "--levels 1 --steps 1 --width 4 --batch 4 --iterations 2 --threads 1"

  /// What is printed is read again as the same, and the run it began is the same run.
  @Test func aConfigMakesTheRoundTrip() throws {
    try makeTable()
    let vae = "--latent 2 --batch 4 --iterations 2 --threads 1"
    let runs = [
      ("glowtrain", "--images images \(Self.small) --class-conditional --flip --clip-norm 9"),
      ("glow fit", "t.csv --columns b,a --conditional kind --iterations 2 --hidden 4 --threads 1"),
      ("glow fit", "t.csv --columns b --flow gmm --iterations 2 --threads 1"),
      ("glow fit", "--target U1 --flow planar --transforms 1 --iterations 2 --threads 1"),
      (
        "glow vae",
        "--images images --size 8 --width 4 --posterior householder \(vae) --binarize dynamic"
      ),
      ("glow vae", "--table t.csv --columns a,b --posterior iaf --flow-hidden 4 \(vae)"),
    ]
    let names = ["images", "t", "t-2", "U1", "images-2", "t-3"]
    for (i, (program, options)) in runs.enumerated() {
      let printed = try run("\(program) \(options) --print-config")
      #expect(printed.status == 0 && printed.error.isEmpty, "\(printed.error)")
      try put("c.yaml", printed.output)
      #expect(try run("\(program) --config c.yaml --print-config").output == printed.output)
      #expect(try run("\(program) \(options) --output one\(i)").status == 0)
      let path = "\(folder)/one\(i)/config.yaml"
      let kept = try String(contentsOfFile: path, encoding: .utf8)
      #expect(kept == printed.output)
      let second = try run("\(program) --config one\(i)/config.yaml")
      let directory = second.output.firstMatch(of: /output +(.*)/).map { String($0.1) } ?? ""
      #expect(second.status == 0 && directory == "checkpoints/" + names[i], "\(second.error)")
      let configs = try ["one\(i)", directory].map {
        try Checkpoint(reading: "\(folder)/\($0)/last.safetensors").config
      }
      let options = configs.map { config in
        var options = config.training
        options.evaluateEvery = options.validationInterval
        options.sampleEvery = options.sampleInterval
        return options
      }
      #expect(options[0] == options[1] && configs[0].data == configs[1].data)
    }
    let scores = try ["one0", "checkpoints/images"].map {
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

  /// Whatever the command line takes, a file does, and it means the same.
  @Test func everyOptionCanStandInAConfig() throws {
    try makeTable()
    try copySounds()
    let training = """
      learning-rate=0.002 warmup=3 cooldown=0.25
      weight-decay=0.5 clip-norm=9.0
      ema=0.5 seed=7 evaluate-every=11 sample-every=12 save-every=13 on-divergence=rollback batch=5 threads=1
      output=o quiet=false tensorboard=true
      """
    let shape =
      "optimizer=muon muon-interval=2 levels=1 steps=2 width=4 \(training)"
    let files = """
      \(shape) class-conditional=true follow-links=true channels=3 size=8x10 bits=5 flip=true
      precision=bfloat16 memory=recompute accumulate=2 minutes=2.0 coupling=mixture components=3
      dequantization=uniform border=true
      """
    let sounds = """
      \(shape) segment=64 layers=2 sample-rate=4000 resample=true skip-suspicious=true epochs=3
      validation=sounds condition=mel mel-bands=8 fft=64 hop=16 fmin=100.5 fmax=1500.0
      coupling=additive dequantization=uniform
      """
    let flows = "\(training) optimizer=adamax flow=maf transforms=2 hidden=4,5 activation=tanh"
    let table = """
      \(flows) bins=5 components=3 columns=b,count conditional=kind discrete=count patience=3
      base=uniform drop-missing=true validation-fraction=0.25 epochs=3
      """
    let sets = [
      "glowtrain": ["images=images \(files)", "audio=sounds \(sounds)"],
      "glow fit": [
        "table=t.csv \(table)", "target=U2 iterations=9 annealing=4 gradient=path \(flows)",
      ],
    ]
    var said: Set = ["config", "print-config", "dry-run", "help", "version", "resume"]
    for (program, sets) in sets {
      for set in sets {
        let options = set.split { $0 == " " || $0 == "\n" }.map(Self.named)
        said.formUnion(options.map(\.name))
        try put("all.yaml", options.map { "\($0.name): \($0.value)\n" }.joined())
        let words = options.map(Self.words).joined(separator: " ")
        let file = try run("\(program) --config all.yaml --print-config")
        let line = try run("\(program) \(words) --print-config")
        #expect(file.status == 0 && file.error == line.error, "\(file.error)\(line.error)")
        #expect(file.output == line.output && file.output.count > 200)
      }
    }
    for program in sets.keys {
      let usage = try #require(
        run("\(program) --help").output.components(separatedBy: "USAGE").last)
      let names = usage.split(separator: "\n").compactMap {
        $0.firstMatch(of: /^  (?:-h, )?--([a-z-]+)/).map { String($0.1) }
      }
      #expect(names.count > 25 && said.isSuperset(of: names), "\(Set(names).subtracting(said))")
      try put("all.yaml", "resume: nowhere\n")
      try expectRefusals([("\(program) --config all.yaml", 66, "nowhere")])
    }
  }

  private static func named(_ pair: Substring) -> (name: String, value: String) {
    let parts = pair.split(separator: "=").map(String.init)
    return (parts[0], parts[1])
  }

  /// An option as the command line has it.
  private static func words(_ name: String, _ value: String) -> String {
    switch (name, value) {
    case ("table", _): value
    case (_, "true"): "--\(name)"
    case (_, "false"): "--no-\(name)"
    default: "--\(name) \(value)"
    }
  }

  /// Names that a list or YAML would take for something else.
  @Test func namesInAConfigAreWhatTheyAre() throws {
    let values = (0..<300).map { n in Double(n * n % 97) * 0.25 }
    let table = Table(
      path: folder + "/odd.csv", columns: ["a,b", " c", "null", "\"d\"", "e\"f"], values: values)
    try table.write(to: table.path)
    let options = ["--config", "c.yaml", "--print-config"]
    try put("c.yaml", "table: odd.csv\nconditional: \"null\"\ncolumns: ['a,b', e\"f]\n")
    let chosen = try run(["glow", "fit"] + options, in: folder)
    #expect(chosen.output.contains("conditional: \"null\"\n"), "\(chosen)")
    #expect(chosen.output.contains(#"columns: "\"a,b\",e\"f""#), "\(chosen)")
    try put("c.yaml", chosen.output)
    #expect(try run(["glow", "fit"] + options, in: folder).output == chosen.output)
    try put("c.yaml", "table: odd.csv\nconditional: [' c', '\"d\"']\n")
    let rest = try run(["glow", "fit"] + options, in: folder)
    #expect(rest.output.contains(#"conditional: "\" c\",\"\"\"d\"\"\"""#), "\(rest)")
    #expect(rest.output.contains(#"columns: "\"a,b\",null,"#), "\(rest)")
  }

  /// A dry run has no times to say of steps that nothing is learned from.
  @Test func aDryRunThatComesToNothing() throws {
    try makeTable(rows: 40)
    let wild = "--flow actnorm*200 --learning-rate 1 --warmup 0 --dry-run"
    let skipped = try run("glow fit t.csv \(wild)")
    #expect(skipped.status == 1 && !skipped.output.contains("dry run"), "\(skipped)")
    #expect(skipped.error.contains("error: dry run: step "), "\(skipped.error)")
    #expect(skipped.error.contains(" would be skipped: not finite"), "\(skipped.error)")
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
