import Foundation
import Media
import Models
import Testing
import Training

/// What a verb writes, and where.
extension CommandTests {
  private func names(_ path: String = "") throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: "\(folder)/\(path)").sorted()
  }

  /// Untrained models: images.safetensors, 8x8 of the classes 1 and 7, and sounds.safetensors, of
  /// 64 frames.
  private func writeModels() throws {
    try copySounds()
    func write(_ c: GlowConfiguration, _ set: any ExampleSet, _ data: DataDescription) throws {
      var options = TrainingOptions()
      options.batch = 1
      let trainer = try Trainer(Glow(c, seed: 1), set, options)
      try Checkpoint.write(
        trainer, data: data, to: "\(folder)/\(data.images ?? "sounds").safetensors",
        resumable: false)
    }
    let images = GlowConfiguration(
      height: 8, width: 8, channels: 1, levels: 2, steps: 1, hidden: 4, classes: ["1", "7"])
    try write(
      images, ImageFolder(folder + "/images").load(width: 8, height: 8, channels: 1),
      DataDescription(images: "images", width: 8, height: 8, channels: 1))
    let sounds = GlowConfiguration(
      segment: 64, channels: 1, audio: .init(rate: 8000, layers: 1), levels: 2, steps: 1, hidden: 4)
    let set = try SoundFolder(folder + "/sounds")
    try write(
      sounds, set.load(segment: 64, unit: 4, format: SoundFormat(rate: 8000, channels: 1)),
      DataDescription(audio: "sounds", channels: 1, resample: false, skipSuspicious: false))
  }

  /// Nothing is computed for a path that can't be written or an ending that would lie, and nothing
  /// is left behind.
  @Test func outputsAreTriedFirst() throws {
    try writeModels()
    let (images, sounds) = ("images.safetensors", "sounds.safetensors")
    let files = FileManager.default
    try files.createDirectory(atPath: folder + "/dir.png", withIntermediateDirectories: true)
    try Data("old".utf8).write(to: URL(fileURLWithPath: folder + "/old.png"))
    try Data().write(to: URL(fileURLWithPath: folder + "/stdout"))
    try Data().write(to: URL(fileURLWithPath: folder + "/stderr"))
    let before = try names()
    // Each also names an input that is missing: what says so first was tried first.
    try expectRefusals([
      ("glow eval \(images) --images gone --per-file no/f.csv", 73, "no/f.csv: can't be written"),
      ("glow eval \(images) --images gone --per-file f.npy", 64, "must end in .csv"),
      ("glow eval \(images) --images gone --record images", 73, "it is a directory"),
      ("glow eval \(images) --table gone --per-row r.txt", 64, "must end in .csv, .tsv or .npy"),
      ("glow encode \(images) gone --output no/z.safetensors", 73, "its folder does not exist"),
      ("glow encode \(images) gone --output z.npy", 64, "must end in .safetensors"),
      ("glow sample \(images) --grid /proc/x.png", 73, "its folder takes no new files"),
      ("glow decode \(images) gone --output old.png/b", 73, "old.png/b: can't be made"),
      ("glow interpolate \(images) gone gone --output s.wav", 64, "s.wav: its name must"),
      ("glow interpolate \(sounds) gone gone --output s.png", 64, "s.png: its name must"),
      ("glow sample \(images) --grid x.jpg", 64, "--grid x.jpg: its name must end in .png"),
      ("glow sample \(sounds) --grid x.png --count 101", 64, "at most 100 sounds"),
      ("glow sample \(sounds) --columns 2", 64, "are for models of images"),
      ("glow sample \(images) --grid x.png --count 85000 --scale 7", 64, "is too large"),
      ("glow sample \(sounds) --grid x.wav", 64, "--grid x.wav: its name must end in .png"),
      ("glow sample \(images) --output new --grid dir.png", 73, "dir.png: can't be written"),
      ("glow sample \(images) --output old.png", 64, "files go into a folder"),
      ("glow sample \(images) --output stdout/a", 73, "stdout/a: can't be made"),
      ("glow sample \(images) --output stdout", 73, "is not a folder"),
      ("glow fit gone.csv --output stdout", 73, "is not a folder"),
      ("glowtrain --images gone --output /proc/none", 73, "/proc/none: can't be made"),
    ])
    #expect(try names() == before)
    #expect(try String(contentsOfFile: folder + "/old.png", encoding: .utf8) == "old")
    let inside = try run("glow sample \(images) --count 1 --output new/a --grid new/a/grid.png")
    #expect(inside.status == 0, "\(inside.error)")
    #expect(try names("new/a").contains("grid.png"))
  }

  /// Whatever way it is named, an input is not replaced by what is made of it.
  @Test func inputsAreNotReplaced() throws {
    try writeModels()
    try makeTable(rows: 60)
    let files = FileManager.default
    let ends = ["1/0001.png", "7/0001.png"]
    for (n, end) in ends.enumerated() {
      try PNG.write(PNG.read("\(folder)/images/\(end)").image, to: "\(folder)/\(n).png")
    }
    try files.createSymbolicLink(
      atPath: folder + "/link.safetensors", withDestinationPath: "images.safetensors")
    #expect(
      try run("glow fit t.csv --flow affine --iterations 1 --output fitted --quiet").status == 0)
    #expect(try run("glow encode fitted t.csv --output z.csv").status == 0)
    let inputs = ["images.safetensors", "1.png", "t.csv", "z.csv"]
    let before = inputs.map { files.contents(atPath: "\(folder)/\($0)") }
    let says = "would replace what is read"
    try expectRefusals([
      ("glow interpolate images.safetensors 0.png 1.png --output ./1.png", 64, says),
      ("glow encode images.safetensors 0.png --output images.safetensors", 64, says),
      ("glow encode link.safetensors 0.png --output images.safetensors", 64, says),
      ("glow encode fitted t.csv --output t.csv", 64, says),
      ("glow decode fitted z.csv --output z.csv", 64, says),
      ("glow eval fitted --table t.csv --per-row t.csv", 64, says),
      ("glow eval fitted --held-out --per-row t.csv", 64, "--per-row t.csv: would replace"),
      ("glow eval images.safetensors --images images --record images.safetensors", 64, says),
    ])
    try expectRefusals([
      (
        "glow encode images.safetensors 0.png --output fitted/last.safetensors", 64,
        "would replace a model"
      )
    ])
    #expect(inputs.map { files.contents(atPath: "\(folder)/\($0)") } == before)
    // the input keeps its other name
    try files.linkItem(atPath: folder + "/t.csv", toPath: folder + "/hard.csv")
    let linked = try run("glow encode fitted t.csv --output hard.csv")
    #expect(linked.status == 0, "\(linked.error)")
    #expect(inputs.map { files.contents(atPath: "\(folder)/\($0)") } == before)
  }

  @Test func aGridOfSoundsIsAllThatIsWritten() throws {
    try writeModels()
    let before = try names()
    let drawn = try run("glow sample sounds.safetensors --count 2 --grid g.png")
    #expect(drawn.status == 0, "\(drawn.error)")
    #expect(try Set(names()).subtracting(before) == ["g.png", "stderr", "stdout"])
  }

  /// Draws go into a folder a class, which what reads folders knows again; as many as there were on
  /// Ctrl-C stay.
  @Test func drawsAreWrittenAsTheyCome() throws {
    try writeModels()
    let grid = "--grid g.png --columns 3 --scale 2"
    let drawn = try run("glow sample images.safetensors --count 5 --output drawn \(grid)")
    #expect(drawn.status == 0, "\(drawn.error)")
    #expect(drawn.output == "5 images in g.png and in drawn, a folder a class\n")
    #expect(
      try names("drawn").filter { $0.hasSuffix("g") } == [
        "1/0001.png", "1/0003.png", "1/0005.png", "7/0002.png", "7/0004.png",
      ])
    #expect(try PNG.read(folder + "/g.png").image.width == 3 * (16 + 2) + 2)
    #expect(try run("glow eval images.safetensors --images drawn").status == 0)

    let line = "glow sample images.safetensors --count 100000 --output many"
    let said = try interrupt(line.split(separator: " ").map(String.init)) {
      FileManager.default.fileExists(atPath: folder + "/many/7/000064.png")
    }
    let files = try names("many").filter { $0.hasSuffix(".png") }
    #expect(files.count % 64 == 0 && files.count < 100_000)
    #expect(said.contains("stopped: \(grouped(files.count)) of 100,000 images"), "\(said)")
    #expect(
      try names("many").allSatisfy { $0.hasSuffix(".png") || ["1", "7"].contains($0) })
  }
}
