import Foundation
import Media
import Testing
import Training

/// The executables themselves, on a part of the shipped images.
@Suite(.serialized) final class CommandTests {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
  let folder = NSTemporaryDirectory() + "commands-\(UUID().uuidString)"

  init() throws {
    for digit in ["1", "7"] {
      try FileManager.default.createDirectory(
        atPath: "\(folder)/images/\(digit)", withIntermediateDirectories: true)
      for i in 0..<20 {
        let name = String(format: "%@/%04d.png", digit, i)
        try FileManager.default.copyItem(
          atPath: "\(Self.root)/data/glyphs/\(name)", toPath: "\(folder)/images/\(name)")
      }
    }
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  struct Outcome {
    let status: Int32
    let output, error: String
  }

  /// Runs a command line in the test's folder.
  func run(_ line: String) throws -> Outcome {
    try run(line.split(separator: " ").map(String.init), in: folder)
  }

  /// Where a built program is.
  func program(_ name: String) -> URL {
    URL(fileURLWithPath: CommandLine.arguments[0])
      .deletingLastPathComponent().appendingPathComponent(name)
  }

  /// Runs a command in some folder.
  func run(_ words: [String], in directory: String) throws -> Outcome {
    let process = Process()
    process.executableURL = program(words[0])
    process.arguments = Array(words.dropFirst())
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    let (output, error) = (folder + "/stdout", folder + "/stderr")
    for path in [output, error] { try Data().write(to: URL(fileURLWithPath: path)) }
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: error)
    try process.run()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus,
      output: try String(contentsOfFile: output, encoding: .utf8),
      error: try String(contentsOfFile: error, encoding: .utf8))
  }

  func train(_ more: String = "", steps: Int = 12, output: String = "run") throws {
    // a run given a later end is then the one that had it from the start
    let small = "--levels 2 --steps 2 --width 8 --batch 8 --evaluate-every 6 --cooldown 0"
    let trained = try run(
      "glowtrain --images images --output \(output) --iterations \(steps) \(small) \(more)")
    #expect(trained.status == 0, "\(trained.error)")
  }

  @Test func fromImagesToSamples() throws {
    try train()
    for file in ["last.safetensors", "best.safetensors", "metrics.jsonl", "samples/12.png"] {
      #expect(FileManager.default.fileExists(atPath: "\(folder)/run/\(file)"), "\(file)")
    }
    let metrics = try String(contentsOfFile: folder + "/run/metrics.jsonl", encoding: .utf8)
    #expect(metrics.contains("\"validation_bits_per_dim\":"))

    let first = try run("glow sample run --count 6 --output drawn --grid grid.png --columns 3")
    #expect(first.status == 0, "\(first.error)")
    let drawn = try PNG.read(folder + "/drawn/0006.png").image
    #expect(drawn.width == 32 && drawn.height == 32 && drawn.channels == 1)
    let again = try run("glow sample run --count 6 --output again")
    #expect(again.status == 0)
    #expect(
      try PNG.read(folder + "/again/0006.png").image == drawn, "the same seed, the same image")

    let scored = try run("glow eval run --images images --per-file f.csv --record r.safetensors")
    #expect(scored.status == 0 && scored.output.contains("bits/dim"), "\(scored.error)")
    let rows = try String(contentsOfFile: folder + "/f.csv", encoding: .utf8)
    #expect(rows.split(separator: "\n").count == 41)
    let record = try Safetensors(reading: folder + "/r.safetensors")
    #expect(record.entries["pixels"]?.shape == [40, 32, 32, 1])
    #expect(record.metadata["precision"] == "float32")
    let figures = try json(run("glow eval run --images images --json").output)
    #expect(figures["files"] as? Int == 40)
    let recorded: [Double] = try record.values("bits_per_dim")
    let mean = try #require(figures["bits_per_dim"] as? Double)
    #expect(abs(recorded.reduce(0, +) / 40 - mean) < 1e-9)

    let two = "images/1/0003.png images/7/0004.png"
    let encoded = try run("glow encode run \(two) --output l.safetensors")
    #expect(encoded.status == 0, "\(encoded.error)")
    #expect(try run("glow decode run l.safetensors --output back").status == 0)
    for (name, original) in [("0003", "1/0003"), ("0004", "7/0004")] {
      let back = try PNG.read("\(folder)/back/\(name).png").image
      #expect(try back == PNG.read("\(folder)/images/\(original).png").image)
    }
    #expect(try run("glow interpolate run \(two) --output strip.png").status == 0)
    #expect(try run("glow inspect run").output.contains("round trip"))
    let inspected = try json(run("glow inspect run --json").output)
    #expect((inspected["round_trip_8_bit_levels"] as? Double).map { $0 < 0.5 } == true)
  }

  /// Trained in bfloat16, scored in either, and inverted exactly all the same.
  @Test func precisions() throws {
    try train("--precision bfloat16")
    #expect(try run("glow inspect run").output.contains("nets in bfloat16"))
    func score(_ options: String) throws -> [String: Any] {
      try json(run("glow eval run --images images --json \(options)").output)
    }
    let (wide, narrow) = try (score(""), score("--precision bfloat16"))
    #expect(wide["precision"] as? String == "float32")
    #expect(narrow["precision"] as? String == "bfloat16")
    let figures = try [wide, narrow].map { try #require($0["bits_per_dim"] as? Double) }
    #expect(figures[0] != figures[1] && abs(figures[0] - figures[1]) < 0.01, "\(figures)")
    #expect(try run("glow encode run images/1/0003.png --output l.safetensors").status == 0)
    #expect(try run("glow decode run l.safetensors --output back").status == 0)
    let back = try PNG.read("\(folder)/back/0003.png").image
    #expect(try back == PNG.read("\(folder)/images/1/0003.png").image)
    #expect(try run("glow sample run --count 2 --precision bfloat16 --output drawn").status == 0)
    let others = try run("glow decode run l.safetensors --weights raw --output back")
    #expect(others.status == 65 && others.error.contains("other weights"), "\(others.error)")
    let changed = try run("glowtrain --resume run --iterations 20 --precision float32")
    #expect(changed.status == 64 && changed.error.contains("changed: --precision"))
    #expect(try run("glowtrain --resume run --iterations 14").status == 0)
  }

  @Test func classesAndResume() throws {
    try train("--class-conditional --coupling additive --bits 5")
    let one = try run("glow sample run --class 7 --count 2 --output sevens")
    #expect(one.status == 0, "\(one.error)")
    #expect(try PNG.read(folder + "/sevens/7/0002.png").image.width == 32)
    #expect(try run("glow sample run --class x").error.contains("there are 1, 7"))
    let changed = try run("glowtrain --resume run --iterations 20 --width 16 --batch 4")
    #expect(changed.status == 64 && changed.error.contains("--width, --batch"))
    let all =
      "--optimizer adamax --learning-rate 0.5 --warmup 9 --cooldown 0.3 --weight-decay 1 --clip-norm 9"
    let others = try run("glowtrain --resume run \(all) --ema 0.5 --flip --seed 9 --accumulate 2")
    let names =
      all.split(separator: " ").filter { $0.hasPrefix("--") } + ["--ema", "--seed", "--flip"]
    #expect(others.error.contains("changed: " + names.joined(separator: ", ") + " ("))
    let parts = try run("glowtrain --resume run --output parts --accumulate 2 --memory recompute")
    #expect(parts.status == 0, "\(parts.error)")
    #expect(parts.error.contains("note: the run took its batches "))
    #expect(parts.error.contains("note: --memory is not what the run began with"))
    let same = try run("glowtrain --resume run --accumulate 1 --memory store --warmup 1")
    #expect(same.status == 0 && !same.error.contains("began with"), "\(same.error)")
    let resumed = try run("glowtrain --resume run --iterations 20")
    #expect(resumed.status == 0 && resumed.output.contains("goes on from step 12"))
    try train("--class-conditional --coupling additive --bits 5", steps: 20, output: "whole")
    let scores = try ["run", "whole"].map {
      try run("glow eval \($0)/last.safetensors --images images --weights raw --json").output
    }
    #expect(scores[0] == scores[1], "interrupted or not, the same weights")
    let second = try run("glowtrain --images images --output run --iterations 1")
    #expect(second.status == 64 && second.error.contains("holds a run already"))
    let elsewhere = try run("glowtrain --resume run --output whole --iterations 21")
    #expect(elsewhere.status == 64 && elsewhere.error.contains("holds a run already"))
    try FileManager.default.moveItem(atPath: folder + "/images/1", toPath: folder + "/images/8")
    let classes = try run("glowtrain --resume run --iterations 21")
    #expect(classes.status == 65 && classes.error.contains(": 1/00"), "\(classes.error)")
  }

  /// A run finds its folder from anywhere and wherever it moved, and takes no other for it.
  @Test func aResumedRunHasItsData() throws {
    try train("--validation images/7", steps: 2)
    let files = FileManager.default
    try files.createDirectory(atPath: folder + "/else/images", withIntermediateDirectories: true)
    let elsewhere = try run(
      ["glowtrain", "--resume", "../run", "--iterations", "3"], in: folder + "/else")
    #expect(elsewhere.status == 0, "\(elsewhere.error)")

    try files.moveItem(atPath: folder + "/images", toPath: folder + "/ü b")
    let gone = try run("glowtrain --resume run --iterations 4")
    #expect(gone.status == 66 && gone.error.contains("/images: does not exist; --images DIR"))
    func resume(_ more: [String] = []) throws -> Outcome {
      try run(["glowtrain", "--resume", "run", "--iterations", "4"] + more, in: folder)
    }
    let here = ["--images", "ü b", "--validation", "ü b/7"]
    #expect(try resume(["--images", "ü b"]).error.contains("/images/7: does not exist; --valid"))
    #expect(try resume(here).status == 0)
    #expect(try resume().status == 0, "it knows the new place")

    func refused(_ says: String) throws {
      let outcome = try resume()
      #expect(outcome.status == 65 && outcome.error.contains(says), "\(outcome.error)")
      #expect(outcome.error.split(separator: "\n").count == 1, "\(outcome.error)")
    }
    let (a, b) = (folder + "/ü b/1/0003.png", folder + "/ü b/1/0004.png")
    try files.moveItem(atPath: a, toPath: folder + "/saved")
    try refused("ü b: does not hold what the run began with: 1/0003.png is gone")
    try files.copyItem(atPath: b, toPath: a)
    try refused("1/0003.png has ")
    try files.removeItem(atPath: a)
    try files.moveItem(atPath: folder + "/saved", toPath: a)
    try files.copyItem(atPath: b, toPath: folder + "/ü b/7/new.png")
    try refused("7/new.png is new")
    try files.removeItem(atPath: folder + "/ü b/7/new.png")
    #expect(try resume().status == 0)
  }

  /// Interrupted and gone on with as it says, the run goes on to the end that it was given.
  @Test func aResumedRunGoesToItsEnd() throws {
    let output = "r/it's ü"
    let small = "--levels 2 --steps 1 --width 4 --batch 4 --evaluate-every 100000 --threads 1"
    let first = try interrupt(
      ["glowtrain", "--images", "images", "--output", output, "--iterations", "1000000"]
        + small.split(separator: " ").map(String.init), output: output)
    let advice = first.split(separator: "\n").last.map {
      $0.dropFirst("go on with: glowtrain ".count)
    }
    #expect(advice == "--resume 'r/it'\\''s ü'")
    let resumed = try interrupt(
      ["sh", "-c", "exec '\(program("glowtrain").path)' \(advice ?? "") --threads 1"],
      output: output)
    #expect(resumed.contains("ends        after 1,000,000 steps"), "\(resumed)")
    let path = "\(folder)/\(output)"
    func last() throws -> Checkpoint { try Checkpoint(reading: path, preferring: "last") }
    #expect(try last().config.end == .iterations(1_000_000))
    let end = try last().state.iteration + 1
    let other = try run(["glowtrain", "--resume", path, "--iterations", "\(end)"], in: folder)
    #expect(other.status == 0 && other.error.isEmpty, "\(other.error)")
    #expect(try last().state.iteration == end && last().config.end == .iterations(end))
    let again = try run(["glowtrain", "--resume", path], in: folder)
    #expect(again.status == 0 && again.error.contains("past its end already, after "))
  }

  /// Starts a command that would run for long, waits for a line of metrics of its steps, and ends
  /// it as Ctrl-C does. What it printed.
  func interrupt(_ words: [String], output: String) throws -> String {
    let metrics = "\(folder)/\(output)/metrics.jsonl"
    func steps() -> Int {
      let text = try? String(contentsOfFile: metrics, encoding: .utf8)
      return text?.components(separatedBy: "gradient_norm").count ?? 1
    }
    let before = steps()
    return try interrupt(words) { steps() > before }
  }

  /// Starts a command that would run for long, and ends it as Ctrl-C does once `isUnderWay`, after
  /// a look at the process of this number. What it printed.
  func interrupt(
    _ words: [String], once isUnderWay: () -> Bool, looking: (Int32) throws -> Void = { _ in }
  ) throws -> String {
    let (process, log) = (Process(), folder + "/log")
    process.executableURL =
      words[0] == "sh" ? URL(fileURLWithPath: "/bin/sh") : program(words[0])
    process.arguments = Array(words.dropFirst())
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    try Data().write(to: URL(fileURLWithPath: log))
    process.standardOutput = FileHandle(forWritingAtPath: log)
    try process.run()
    while process.isRunning, !isUnderWay() { usleep(1000) }
    try looking(process.processIdentifier)
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    return try String(contentsOfFile: log, encoding: .utf8)
  }

  #if os(Linux)
    /// A handler's frame on the stack of a thread that computes overwrites what oneDNN keeps there:
    /// none may take the signals.
    @Test func signalsAreBlockedWhereItComputes() throws {
      let metrics = folder + "/r/metrics.jsonl"
      let line =
        "glowtrain --images images --output r --iterations 1000000 --levels 2 --steps 1 --width 4"
        + " --batch 4 --threads 2"
      _ = try interrupt(line.split(separator: " ").map(String.init)) {
        (try? String(contentsOfFile: metrics, encoding: .utf8))?.contains("gradient_norm") ?? false
      } looking: { process in
        let tasks = "/proc/\(process)/task"
        let mask: UInt64 = 1 << (SIGINT - 1) | 1 << (SIGTERM - 1)
        let open = try FileManager.default.contentsOfDirectory(atPath: tasks).filter { task in
          let status = try String(contentsOfFile: "\(tasks)/\(task)/status", encoding: .utf8)
          let blocked = status.split(separator: "\n").first { $0.hasPrefix("SigBlk:") }
            .flatMap { UInt64($0.split(separator: "\t")[1], radix: 16) }
          return (blocked ?? 0) & mask != mask
        }
        // the one that waits for them, which the first thread is not
        #expect(open.count == 1 && open != ["\(process)"], "\(open)")
      }
    }
  #endif

  /// Whatever takes files says what it changes in them, as training does.
  @Test func reductionsAreSaid() throws {
    try train(steps: 1)
    let wide =  // 32x32, gray and alpha, 16 bits
      "iVBORw0KGgoAAAANSUhEUgAAACAAAAAgEAQAAACJ4248AAAAL0lEQVR42u3OIQEAAAgDsEcjGtGIRoybifll9tIU"
      + "AQEBAQEBAQEBAQEBAQGBduAB5e0AWzuLNZAAAAAASUVORK5CYII="
    try #require(Data(base64Encoded: wide)).write(to: URL(fileURLWithPath: folder + "/wide.png"))
    for line in [
      "glow encode run wide.png --output l.safetensors", "glow inspect run wide.png",
      "glow interpolate run images/1/0000.png wide.png --output s.png",
    ] {
      let outcome = try run(line)
      #expect(outcome.status == 0, "\(outcome.error)")
      #expect(
        outcome.error.split(separator: "\n") == [
          "note: alpha was composed over black in 1 image",
          "note: 16-bit samples were reduced to 8 bits in 1 image",
        ], "\(line): \(outcome.error)")
    }
  }

  @Test func badInputIsOneLineAndAStatus() throws {
    try train()
    let good = try Data(contentsOf: URL(fileURLWithPath: folder + "/run/best.safetensors"))
    try good.prefix(good.count / 2).write(to: URL(fileURLWithPath: folder + "/cut.safetensors"))
    try Data("no png".utf8).write(to: URL(fileURLWithPath: folder + "/text.png"))
    try FileManager.default.createDirectory(
      atPath: folder + "/empty", withIntermediateDirectories: true)
    try PNG.write(
      Image(width: 4, height: 4, channels: 3, pixels: .init(repeating: 0, count: 48)),
      to: folder + "/small.png")
    let table: [(line: String, status: Int32, says: String)] = [
      ("glowtrain", 64, "--images"),
      ("glowtrain --images nowhere", 66, "nowhere"),
      ("glowtrain --images empty", 65, "holds no PNG files"),
      ("glowtrain --images images --levels 9", 64, "too deep"),
      ("glowtrain --images images --minutes 1 --epochs 2", 64, "exclude"),
      ("glow fit t.csv --optimizer muon", 64, "are for images and sounds"),
      ("glow vae --images images --muon-interval 2", 64, "are for images and sounds"),
      ("glowtrain --images images --output /proc/none --iterations 1", 73, "/proc/none"),
      ("glowtrain --resume nowhere", 66, "nowhere"),
      ("glow sample nowhere.safetensors", 66, "nowhere"),
      ("glow sample cut.safetensors", 65, "cut.safetensors"),
      ("glow sample text.png", 65, "text.png"),
      ("glow sample run --count 0", 64, "--count"),
      ("glow sample run --grid /proc/none/grid.png", 73, "/proc/none"),
      ("glow eval run --images empty", 65, "holds no PNG files"),
      ("glow encode run small.png --output l.safetensors", 65, "4x4"),
      ("glow encode run text.png --output l.safetensors", 65, "text.png"),
      ("glow decode run cut.safetensors --output back", 65, "cut.safetensors"),
      ("glow inspect images/1/0000.png", 65, "0000.png"),
      ("glow nonsense", 64, "nonsense"),
    ]
    for (line, status, says) in table {
      let outcome = try run(line)
      #expect(outcome.status == status, "\(line): \(outcome.error)")
      #expect(outcome.error.contains(says), "\(line): \(outcome.error)")
      #expect(outcome.error.split(separator: "\n").count == 1, "\(line): \(outcome.error)")
    }
  }

  @Test func aFewBadImagesArePassedOver() throws {
    for i in 0..<2 {
      try Data("no png".utf8).write(to: URL(fileURLWithPath: "\(folder)/images/1/bad\(i).png"))
    }
    try train()
    for i in 2..<9 {
      try Data("no png".utf8).write(to: URL(fileURLWithPath: "\(folder)/images/1/bad\(i).png"))
    }
    let refused = try run("glowtrain --images images --output other --iterations 1")
    #expect(refused.status == 65 && refused.error.contains("bad"), "\(refused.error)")
  }

  @Test func benchSpeaksThePeersLanguage() throws {
    let line = "glow bench --levels 1 --steps 1 --width 8 --size 8x8 --batch 2 --repeats 1 --json"
    let keys = [
      "peer", "kind", "mode", "precision", "batch", "threads", "step_s", "examples_per_s", "gflops",
      "limit_gflops", "sampling_s", "samples_per_s", "peak_rss_mb", "parameters_mb",
    ]
    #expect(try Set(json(run(line).output).keys) == Set(keys))
    let loading = try json(run(line + " --images images").output)["loading_per_s"] as? Double
    #expect(loading.map { $0 > 0 } == true)
  }

  func json(_ text: String) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test func helpOfEveryVerbHasExamples() throws {
    for verb in [
      "train", "fit", "vae", "sample", "eval", "plot", "encode", "decode", "interpolate", "inspect",
      "bench",
    ] {
      let help = try run("glow \(verb) --help")
      #expect(help.status == 0 && help.output.contains("EXAMPLE"), "\(verb)")
    }
  }

  @Test func aLaterEndLiftsTheRateAgainAndSaysSo() throws {
    let model = "--levels 1 --steps 1 --width 4 --batch 4 --warmup 0 --learning-rate 0.01"
    let short = try run("glowtrain --images images --output short --iterations 8 \(model)")
    #expect(short.status == 0 && short.output.contains("rate 0.01, falling to 0 over the last 0.5"))
    let longer = try run("glowtrain --resume short --iterations 40")
    let words = "the rate had fallen to 0.0 towards the end that the run had; it goes on at 0.01"
    #expect(longer.status == 0 && longer.error.contains(words), "\(longer.error)")
    let same = try run("glowtrain --resume short")
    #expect(!same.error.contains("had fallen"), "\(same.error)")
  }

  @Test func anInterruptSavesAndEndsWith130() throws {
    let line =
      "glowtrain --images images --output long --minutes 10 --levels 2 --steps 1 --width 4 --batch 4 "
      + "--save-every 100000 --quiet"
    let said = try interrupt(line.split(separator: " ").map(String.init), output: "long")
    #expect(said.isEmpty)
    let saved = try Checkpoint(reading: folder + "/long/last.safetensors")
    #expect(saved.state.iteration >= 10)
  }
}
