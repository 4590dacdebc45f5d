import Foundation
import Media
import Testing
import Training

/// Folders as the verbs read them: what is held out, links, classes, and what is brought to the
/// model.
extension CommandTests {
  private static let tiny = "--levels 1 --steps 1 --width 4"

  private func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder)/\(name)", withDestinationPath: target)
  }

  private func lines(_ name: String) throws -> [String] {
    try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
      .split(separator: "\n").map(String.init)
  }

  @Test func whatWasHeldOutIsKnownAndScored() throws {
    try train("--class-conditional \(Self.tiny)", steps: 1)
    let held = try lines("run/validation.txt")
    let scored = try run("glow eval run --held-out --per-file f.csv")
    #expect(scored.status == 0 && scored.error.isEmpty, "\(scored.error)")
    let files = try lines("f.csv").dropFirst().map { String($0.split(separator: ",")[0]) }
    #expect(held.count == 4 && files == held)
    try train("--validation images/7 \(Self.tiny)", steps: 1, output: "apart")
    #expect(try lines("apart/validation.txt").count == 20)
    #expect(try run("glow eval apart --held-out").output.contains("20 files;"))
    try FileManager.default.moveItem(atPath: folder + "/images", toPath: folder + "/moved")
    let gone = try run("glow eval run --held-out")
    #expect(gone.status == 66 && gone.error.contains("--images DIR says where"), "\(gone.error)")
    #expect(try run("glow eval run --held-out --images moved").output == scored.output)
    try Data().write(to: URL(fileURLWithPath: folder + "/moved/7/0000.png"))
    let other = try run("glow eval run --held-out --images moved")
    #expect(other.status == 65 && other.error.contains("does not hold what the run began with"))

    let one = try run("glow eval run --images moved/1 --class 1 --json")
    #expect(try json(one.output)["files"] as? Int == 20, "\(one.error)")
    let none = try run("glow eval run --images moved/1")
    #expect(none.error.contains("--class NAME says its class"), "\(none.error)")
    let refused = try run("glow eval run --images moved --class 1")
    #expect(refused.status == 64 && refused.error.contains("has 7 as well"), "\(refused.error)")
    #expect(try run("glow eval run --images moved/1 --class x").error.contains("there are 1, 7"))
  }

  /// A split as a farm of links: counted, followed if asked for, and then known to the run.
  @Test func linksOfASplit() throws {
    try FileManager.default.createDirectory(
      atPath: folder + "/split", withIntermediateDirectories: true)
    for i in 0..<8 { try link("split/\(i).png", to: "../images/7/000\(i).png") }
    try link("split/loop", to: ".")
    try Data().write(to: URL(fileURLWithPath: folder + "/split/a.jpg"))
    let small = "\(Self.tiny) --batch 2"
    let plain = try run("glowtrain --images split --output no --iterations 1")
    #expect(
      plain.error.contains(
        "9 symbolic links not followed; 1 JPEG file passed over; only PNG is read; "
          + "--follow-links reads what links lead to"),
      "\(plain.error)")
    let trained = try run(
      "glowtrain --images split --follow-links --output run --iterations 1 \(small)")
    #expect(trained.output.contains("7 to train on, 1 to validate on"), "\(trained.error)")
    #expect(trained.error.contains("1 symbolic link to what is read by another name"))
    #expect(try run("glowtrain --resume run --iterations 2").status == 0)
    #expect(try run("glow eval run --held-out").output.contains("1 file;"))
    #expect(try run("glow eval run --images split").status == 65)
    let scored = try run("glow eval run --images split --follow-links --json")
    #expect(try json(scored.output)["files"] as? Int == 8)
    try train(Self.tiny, steps: 1, output: "own")
    let off = try run("glowtrain --config run/config.yaml --no-follow-links --output no")
    #expect(off.error.contains("9 symbolic links not followed"), "\(off.error)")
    let changed = try run("glowtrain --resume own --follow-links --iterations 2")
    #expect(changed.error.contains("changed: --follow-links"), "\(changed.error)")
  }

  /// Names and classes go through the latents; what does not fit is refused, or made to.
  @Test func foldersThroughLatents() throws {
    try train(Self.tiny, steps: 1)
    let encoded = try run("glow encode run images images/7/0001.png --output l.safetensors")
    #expect(encoded.output.hasPrefix("41 images"), "\(encoded.error)")
    #expect(try run("glow decode run l.safetensors --output back").status == 0)
    for name in ["1/0003", "7/0019"] {
      let back = try PNG.read("\(folder)/back/\(name).png").image
      #expect(try back == PNG.read("\(folder)/images/\(name).png").image)
    }
    #expect(FileManager.default.fileExists(atPath: folder + "/back/0001.png"))

    let wide = Image(width: 40, height: 33, channels: 3, pixels: .init(repeating: 9, count: 3960))
    try PNG.write(wide, to: folder + "/images/7/wide.png")
    let refused = try run("glow encode run images --output l.safetensors")
    #expect(refused.status == 65 && refused.error.contains("wide.png: is 40x33; the model takes"))
    #expect(refused.error.contains("--fit"), "\(refused.error)")
    for input in ["images", "images/7/wide.png"] {
      let fitted = try run("glow encode run \(input) --fit --output l.safetensors")
      #expect(fitted.error.contains("had another size than 32x32: 1 cropped"), "\(fitted.error)")
      #expect(fitted.error.contains("1 image turned from RGB to gray"), "\(fitted.error)")
    }
    #expect(try run("glow decode run l.safetensors --output wide").status == 0)
    #expect(
      try PNG.read(folder + "/wide/wide.png").image.pixels == .init(repeating: 9, count: 1024))
    let strip = "glow interpolate run images/7/wide.png images/1/0000.png --output s.png"
    #expect(try run(strip).status == 65)
    #expect(try run(strip + " --fit").status == 0)
    #expect(try run("glow interpolate run images images --output s.png").status == 64)
  }

  @Test func aNameInLatentsNeverLeadsOut() throws {
    try train(Self.tiny, steps: 1)
    #expect(try run("glow encode run images/7/0001.png --output l.safetensors").status == 0)
    let file = URL(fileURLWithPath: folder + "/l.safetensors")
    var bytes = try Data(contentsOf: file)
    let name = try #require(bytes.range(of: Data("0001.png".utf8)))
    bytes.replaceSubrange(name, with: Data("../a.png".utf8))
    try bytes.write(to: file)
    #expect(try run("glow decode run l.safetensors --output back").status == 0)
    #expect(FileManager.default.fileExists(atPath: folder + "/back/a.png"))
    #expect(!FileManager.default.fileExists(atPath: folder + "/a.png"))
  }

  @Test func tooFewAreOnlyMemorised() throws {
    try FileManager.default.createDirectory(
      atPath: folder + "/few", withIntermediateDirectories: true)
    try link("few/one.png", to: "../images/7/0001.png")
    let small = "--follow-links --iterations 1 --batch 2 \(Self.tiny)"
    let trained = try run("glowtrain --images few --output run \(small)")
    #expect(trained.status == 0, "\(trained.error)")
    #expect(
      trained.error.hasPrefix("warning: 1 image, too few to hold any out"), "\(trained.error)")
    #expect(try run("glow eval run --held-out").error.contains("held out nothing"))
    let asked = try run(
      "glowtrain --images images --validation-fraction 0 --output no \(small)")
    #expect(asked.error.isEmpty, "\(asked.error)")
  }

  /// One long sound is learned but for its end; eval leaves out the silent ones, as training does.
  @Test func aLongSoundAndSilentOnes() throws {
    try copySounds()
    let files = FileManager.default
    try files.createDirectory(atPath: folder + "/long", withIntermediateDirectories: true)
    let bells = try (0..<6).map { try WAV.read("\(folder)/sounds/bell/00\($0).wav").sound }
    let long = Sound(rate: 8000, channels: 1, samples: bells.flatMap(\.samples))
    try WAV.write(long, to: folder + "/long/all.wav")
    let small = "\(Self.tiny) --layers 1 --segment 512 --batch 2"
    let trained = try run("glowtrain --audio long --output run --iterations 2 \(small)")
    #expect(
      trained.output.contains("1 to train on, the end of it to validate on"), "\(trained)")
    #expect(!trained.error.contains("warning"), "\(trained.error)")
    let held = long.frames / 10
    let line = try #require(try lines("run/validation.txt").first)
    #expect(
      line.hasSuffix("/long/all.wav\tframes \(long.frames - held) to \(long.frames - 1)"), "\(line)"
    )
    let scored = try json(run("glow eval run --held-out --json").output)
    #expect(scored["samples"] as? Int == held / 2 * 2)
    #expect(scored["bits_per_sample"] as? Double == scored["bits_per_dim"] as? Double)
    #expect(try run("glowtrain --resume run --iterations 3").output.contains("the end of it"))
    for (folder, part, says) in [
      ("long", "0", ""), ("sounds", "0.01", "warning: --validation-fraction 0.01 of 20 sounds"),
    ] {
      let none = try run(
        "glowtrain --audio \(folder) --validation-fraction \(part) --dry-run \(small)")
      #expect(none.output.contains("none to validate on"), "\(none)")
      #expect(says.isEmpty ? !none.error.contains("warning") : none.error.contains(says), "\(none)")
    }

    try files.moveItem(atPath: folder + "/sounds/bell", toPath: folder + "/test")
    try WAV.write(
      Sound(rate: 8000, channels: 1, samples: .init(repeating: 5, count: 5000)),
      to: folder + "/test/silent.wav")
    let whole = try run("glow eval run --audio test --window 1000000 --per-file f.csv")
    #expect(whole.error.contains("test/silent.wav: nothing but silence"), "\(whole.error)")
    #expect(whole.output.contains("each sound whole") && whole.output.contains("10 files"))
    #expect(!whole.error.contains("learn"), "\(whole.error)")
    #expect(try lines("f.csv")[0] == "file,bits_per_dim,samples,bits_per_sample")
    try files.createDirectory(atPath: folder + "/quiet", withIntermediateDirectories: true)
    try files.moveItem(atPath: folder + "/test/silent.wav", toPath: folder + "/quiet/silent.wav")
    let silent = try run("glow eval run --audio quiet")
    #expect(silent.status == 65 && silent.error.contains("quiet: holds nothing but silence"))

    let encoded = try run("glow encode run test --output l.safetensors")
    #expect(encoded.output.hasPrefix("10 sounds"), "\(encoded.error)")
    #expect(try run("glow decode run l.safetensors --output back").status == 0)
    #expect(try WAV.read(folder + "/back/003.wav").sound == bells[3])
    try WAV.write(
      Sound(rate: 16000, channels: 2, samples: .init(repeating: 9, count: 8000)),
      to: folder + "/test/stereo.wav")
    let refused = try run("glow encode run test --output l.safetensors")
    #expect(refused.status == 65 && refused.error.contains("--fit brings it to that"))
    let fitted = try run("glow encode run test --fit --output l.safetensors")
    #expect(
      fitted.error == "note: 1 sound resampled to 8000 Hz\nnote: 1 sound mixed to mono\n",
      "\(fitted.error)")
  }
}
