import Foundation
import Testing
import Training

/// What the command line says of wrong words and wrong files.
extension CommandTests {
  @Test func wrongWordsAreUnderstood() throws {
    try expectRefusals([
      ("glow smaple run", 64, "no verb 'smaple'; did you mean 'sample'? (see glow --help)"),
      ("glow photos", 64, "there are train, fit, vae, sample"),
      ("glow sample", 64, "(see glow sample --help)"),
      ("glow sample x --temperature -1", 64, "--temperature must be 0 to 10 (see glow sample"),
      ("glow sample x --temperature -.5", 64, "--temperature must be 0 to 10"),
      ("glow eval x --json -1", 64, "'--json' does not take any value"),
      ("glow bench --audio --size 32", 64, "--size is for images"),
      ("glow bench --audio --condition mel --sample-rate 3000000", 64, "--sample-rate must be 1"),
      ("glowtrain --image x", 64, "(see glowtrain --help)"),
      ("glowtrain --images x --learning-rate -1", 64, "must be above 0, at most 1"),
      ("glow sample images/1/0000.png", 65, "is not a checkpoint, which is a .safetensors file"),
    ])
    try put("t.csv", "a\n1.5\n2.5\n")
    try expectRefusals([
      ("glow fit t.csv --base beta(-1,2)", 64, "--base beta(-1,2) takes two numbers above 0"),
      ("glow fit t.csv --base cauchy", 64, "--base cauchy is no base; there are normal, "),
      ("glow fit t.csv --hidden 64,abc", 64, "--hidden must be 1 to 16384 units"),
      ("glow fit t.csv --hidden 0", 64, "--hidden must be 1 to 16384 units"),
      ("glow fit t.csv --flow maf,planar*0", 64, "--flow planar*0: a flow is taken 1 to 256"),
      ("glow fit t.csv --flow maf,,lu", 64, "--flow maf,,lu: a flow is missing beside a comma"),
      ("glowtrain --images x --size 1", 64, "--size must be WxH or one side, 2 to 16384"),
      ("glow bench --size 8xa", 64, "--size must be WxH or one side, 2 to 16384"),
      ("glow fit t.csv --flow realnpv", 64, "not a flow; did you mean realnvp?"),
      ("glow plot x --view change --interval 3,1", 64, "two numbers, the lower one first"),
      ("glow plot x --columns a,", 64, "--columns must be a list as a,b,c"),
      ("glow sample x --given k=1,label=abc", 64, "--given label=abc: must be COLUMN=NUMBER"),
      ("glow bench --follow-links", 64, "--follow-links is for --images"),
      ("glowtrain --images images/1 --class-conditional", 65, "images/1: is not divided"),
    ])
    #expect(try run("glowtrain --version").output == run("glow --version").output)
    #expect(try run("glowtrain --help").output.contains("USAGE: glowtrain"))
  }

  /// Verbs, options and folders are completed in each shell.
  @Test func shellsAreGivenCompletions() throws {
    for program in ["glow", "glowtrain"] {
      for shell in ["bash", "zsh", "fish"] {
        let script = try run("\(program) --generate-completion-script \(shell)")
        #expect(script.status == 0 && script.output.contains("tensorboard"))
        #expect(script.output.contains("interpolate") == (program == "glow"))
      }
      // what zsh calls a folder
      let zsh = try run("\(program) --generate-completion-script zsh").output
      #expect(zsh.contains("images") && zsh.contains(":_files -/"))
    }
    let studio = try run("glow --generate-completion-script zsh").output
    #expect(studio.contains("'*:folder:_files -/'"))
    let help = try run("glow studio --help").output
    #expect(help.components(separatedBy: "(default: 1)").count == 2)
  }

  @Test func quietSaysErrorsOnly() throws {
    try Data("no png".utf8).write(to: URL(fileURLWithPath: "\(folder)/images/1/bad.png"))
    let end = "--levels 1 --steps 1 --width 4 --batch 4 --iterations 2"
    let loud = try run("glowtrain --images images --output loud \(end)")
    #expect(loud.error.contains("note: ") && loud.output.contains("1 level of 1 step, 4 hidden"))
    let quiet = try run("glowtrain --images images --output run \(end) --quiet")
    #expect(quiet.status == 0 && quiet.error.isEmpty && quiet.output.isEmpty, "\(quiet.error)")
  }

  /// A fork goes on elsewhere with all that the run had, and leaves it as it was.
  @Test func aRunIsForked() throws {
    try train(steps: 12)
    func last() throws -> Data {
      try Data(contentsOf: URL(fileURLWithPath: folder + "/run/last.safetensors"))
    }
    let before = try last()
    let forked = try run("glowtrain --resume run --output forked --iterations 13")
    #expect(forked.status == 0 && forked.output.contains("goes on from step 12"), "\(forked.error)")
    #expect(try last() == before)
    #expect(FileManager.default.fileExists(atPath: folder + "/forked/best.safetensors"))
    let metrics = try String(contentsOfFile: folder + "/forked/metrics.jsonl", encoding: .utf8)
    #expect(metrics.contains("\"iteration\":6,") && metrics.contains("\"iteration\":13,"))

    try FileManager.default.copyItem(
      atPath: folder + "/run/last.safetensors", toPath: folder + "/copy.safetensors")
    try expectRefusals([
      ("glowtrain --resume run/best.safetensors", 65, "--resume run takes the run's last"),
      ("glowtrain --resume copy.safetensors", 64, "--output says where else to go on from it"),
    ])
    let bare = try run("glowtrain --resume copy.safetensors --output c --iterations 13")
    #expect(bare.status == 0 && bare.error.contains("best.safetensors was not found"))
    let inside = try run(
      ["glowtrain", "--resume", "last.safetensors", "--output", "../d", "--iterations", "12"],
      in: folder + "/run")
    #expect(inside.status == 0, "\(inside.error)")
    #expect(FileManager.default.fileExists(atPath: folder + "/d/best.safetensors"))
  }

  /// Whether a run is written for TensorBoard is its own choice, whatever files are there.
  @Test func aRunGoesOnAsItWasWritten() throws {
    func events() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: folder + "/run").filter {
        $0.hasPrefix("events.")
      }
    }
    let options = "--levels 1 --steps 1 --width 4 --batch 4 --iterations 2 --tensorboard"
    #expect(try run("glowtrain --images images --output run \(options)").status == 0)
    for name in try events() { try FileManager.default.removeItem(atPath: "\(folder)/run/\(name)") }
    #expect(try run("glowtrain --resume run --iterations 3").status == 0)
    #expect(try events().count == 1, "as of a run that ended before its first event")
    #expect(try run("glowtrain --resume run --iterations 4 --no-tensorboard").status == 0)
    #expect(try run("glowtrain --resume run --iterations 5").status == 0)
    #expect(try events().count == 1)
  }

  @Test func weightsThatAreNotThereAreRefused() throws {
    try train(steps: 1)
    let best = try Safetensors(reading: folder + "/run/best.safetensors")
    let raw = try best.entries.filter { !$0.key.hasPrefix("ema.") }.map { name, entry in
      let bytes = try best.bytes(name) { Array($0) }
      return TensorRecord(name, dtype: entry.dtype, shape: entry.shape) { body in
        try bytes.withUnsafeBytes { try body($0) }
      }
    }
    let path = folder + "/raw.safetensors"
    try Safetensors.write(to: path, metadata: best.metadata, tensors: raw)
    let eval = "glow eval raw.safetensors --images images --json"
    #expect(try run(eval).output.contains("\"weights\":\"raw\""))
    try expectRefusals([("\(eval) --weights ema", 65, "holds no averaged weights")])
  }
}
