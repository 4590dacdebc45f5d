import Foundation
import Media
import Testing
import Training

/// The same verbs, on a part of the shipped sounds.
extension CommandTests {
  func copySounds() throws {
    for kind in ["bell", "kick"] {
      try FileManager.default.createDirectory(
        atPath: "\(folder)/sounds/\(kind)", withIntermediateDirectories: true)
      for i in 0..<10 {
        let name = String(format: "%@/%03d.wav", kind, i)
        try FileManager.default.copyItem(
          atPath: "\(Self.root)/data/strikes/\(name)", toPath: "\(folder)/sounds/\(name)")
      }
    }
  }

  func trainSounds(_ more: String = "", steps: Int = 12, output: String = "run") throws -> Outcome {
    let small = "--levels 3 --steps 1 --width 8 --layers 2 --segment 1024 --batch 4"
    return try run(
      "glowtrain --audio sounds --output \(output) --iterations \(steps) --evaluate-every 6 --cooldown 0 "
        + "\(small) \(more)")
  }

  @Test func fromSoundsToSamples() throws {
    try copySounds()
    let trained = try trainSounds("--class-conditional")
    #expect(trained.status == 0, "\(trained.error)")
    for says in [
      "20 sounds", "8000 Hz, mono", "18 to train on, 2 to validate on", "to either side",
    ] {
      #expect(trained.output.contains(says), "\(trained.output)")
    }
    for file in ["last.safetensors", "best.safetensors", "samples/12.png", "samples/12-4.wav"] {
      #expect(FileManager.default.fileExists(atPath: "\(folder)/run/\(file)"), "\(file)")
    }
    let sampled = try run("glow sample run --count 3 --seconds 0.5 --class kick --output drawn")
    #expect(sampled.status == 0, "\(sampled.error)")
    let drawn = try WAV.read(folder + "/drawn/kick/0003.wav").sound
    #expect(drawn.frames == 4000 && drawn.rate == 8000 && drawn.channels == 1)
    #expect(try PNG.read(folder + "/drawn/waveforms.png").image.width == 1000)

    let scored = try run("glow eval run --audio sounds --per-file f.csv --record r.safetensors")
    #expect(scored.status == 0 && scored.output.contains("bits/sample"), "\(scored.error)")
    let rows = try String(contentsOfFile: folder + "/f.csv", encoding: .utf8)
    #expect(rows.split(separator: "\n").count == 21)
    let record = try Safetensors(reading: folder + "/r.safetensors")
    let shape = try #require(record.entries["samples"]?.shape)
    #expect(
      shape[0] >= 80 && shape[1...] == [1, 1024, 1]
        && shape[0] == record.entries["labels"]?.shape[0])
    #expect(try run("glow eval run --audio sounds --window 512 --json").status == 0)

    let two = "sounds/bell/001.wav sounds/kick/002.wav"
    let encoded = try run("glow encode run \(two) --output l.safetensors")
    #expect(encoded.status == 0, "\(encoded.error)")
    #expect(try run("glow decode run l.safetensors --output back").status == 0)
    for (name, original) in [("001", "bell/001"), ("002", "kick/002")] {
      let back = try WAV.read("\(folder)/back/\(name).wav").sound
      #expect(try back == WAV.read("\(folder)/sounds/\(original).wav").sound, "\(original)")
    }
    #expect(try run("glow interpolate run \(two) --frames 3 --output strip.wav").status == 0)
    #expect(try run("glow inspect run").output.contains("gated layers"))
  }

  @Test func soundsResume() throws {
    try copySounds()
    #expect(try trainSounds(steps: 6).status == 0)
    let changed = try run("glowtrain --resume run --iterations 12 --layers 3 --segment 512")
    #expect(
      changed.status == 64 && changed.error.contains("--segment, --layers"), "\(changed.error)")
    #expect(try run("glowtrain --resume run --iterations 12").status == 0)
    #expect(try trainSounds(output: "whole").status == 0)
    let scores = try ["run", "whole"].map {
      try run("glow eval \($0)/last.safetensors --audio sounds --weights raw --json").output
    }
    #expect(scores[0] == scores[1], "interrupted or not, the same weights")
  }

  @Test func reductionsOfSoundsAreSaid() throws {
    try copySounds()
    #expect(try trainSounds(steps: 1).status == 0)
    func bytes(_ value: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(value >> (8 * $0) & 255) }
    }
    let sound = (0..<6000).flatMap { bytes($0 * 7919 % 100_003, 3) }
    let format =
      bytes(1, 2) + bytes(1, 2) + bytes(8000, 4) + bytes(24000, 4) + bytes(3, 2) + bytes(24, 2)
    let wide =
      Array("RIFF".utf8) + bytes(36 + sound.count, 4) + Array("WAVEfmt ".utf8) + bytes(16, 4)
      + format
      + Array("data".utf8) + bytes(sound.count, 4) + sound
    try Data(wide).write(to: URL(fileURLWithPath: folder + "/wide.wav"))
    for line in [
      "glow encode run wide.wav --output l.safetensors", "glow inspect run wide.wav",
      "glow interpolate run sounds/bell/000.wav wide.wav --output s.wav",
      "glow mel wide.wav --output s.npy",
    ] {
      let outcome = try run(line)
      #expect(outcome.status == 0, "\(outcome.error)")
      #expect(outcome.error == "note: 1 sound of more than 16 bits rounded to 16\n", "\(line)")
    }
  }

  @Test func badSoundsAreOneLineAndAStatus() throws {
    try copySounds()
    #expect(try trainSounds(steps: 2).status == 0)
    func put(_ name: String, rate: Int = 8000, channels: Int = 1) throws {
      let path = "\(folder)/\(name)"
      try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
      let samples = (0..<2048 * channels).map { Int16($0 * 7919 % 10007) }
      try WAV.write(Sound(rate: rate, channels: channels, samples: samples), to: path)
    }
    try put("rates/a.wav")
    try put("rates/b.wav", rate: 11025)
    try put("stereo/a.wav", channels: 2)
    try put("mixed/a.wav")
    try put("mixed/b.wav", channels: 2)
    try Data("RIFF".utf8).write(to: URL(fileURLWithPath: folder + "/cut.wav"))
    let table: [(line: String, status: Int32, says: String)] = [
      ("glowtrain --audio images", 65, "holds no WAV files"),
      ("glowtrain --audio sounds --images images", 64, "exclude"),
      ("glowtrain --audio sounds --bits 5", 64, "--bits"),
      ("glowtrain --audio sounds --segment 1001", 64, "divisible"),
      ("glowtrain --audio sounds --levels 64", 64, "--levels"),
      ("glowtrain --images images --segment 64", 64, "--segment"),
      ("glowtrain --audio rates", 65, "--resample"),
      ("glowtrain --audio mixed", 65, "--channels 1"),
      ("glow eval run --audio rates", 65, "rates/b.wav: has 11025 Hz"),
      ("glow eval run --audio stereo", 65, "is stereo; the model is mono"),
      ("glow eval run --images images", 64, "--audio"),
      ("glow eval run --audio sounds --window 100", 64, "multiple of 8"),
      ("glow encode run cut.wav --output l.safetensors", 65, "cut.wav"),
      ("glow encode run stereo/a.wav --output l.safetensors", 65, "stereo"),
      ("glow sample run --seconds 0", 64, "--seconds"),
    ]
    for (line, status, says) in table {
      let outcome = try run(line)
      #expect(outcome.status == status, "\(line): \(outcome.error)")
      #expect(outcome.error.contains(says), "\(line): \(outcome.error)")
      #expect(outcome.error.split(separator: "\n").count == 1, "\(line): \(outcome.error)")
    }
    let long = try run("glowtrain --audio sounds --segment 65536")
    #expect(long.status == 65 && long.error.contains("no sound of 65,536 frames to train on"))
    let small = "--iterations 1 --levels 2 --steps 1 --width 4 --layers 1 --segment 512"
    for (name, option) in [("rates", "--resample"), ("mixed", "--channels 1")] {
      let trained = try run("glowtrain --audio \(name) \(option) \(small) --output \(name)-run")
      #expect(trained.status == 0, "\(name): \(trained.error)")
      #expect(try run("glow eval \(name)-run --audio \(name)").status == 0)
    }
  }

  /// Every kind of bad file is named in a line, and training goes on with the rest.
  @Test func aFewBadSoundsArePassedOver() throws {
    try copySounds()
    for i in 10..<60 {
      let name = String(format: "bell/%03d.wav", i)
      try FileManager.default.copyItem(
        atPath: "\(Self.root)/data/strikes/\(name)", toPath: "\(folder)/sounds/\(name)")
    }
    func put(_ name: String, _ bytes: Data) throws {
      try bytes.write(to: URL(fileURLWithPath: "\(folder)/sounds/bell/\(name).wav"))
    }
    let good = try Data(contentsOf: URL(fileURLWithPath: folder + "/sounds/bell/000.wav"))
    try put("bad-empty", Data())
    try put("bad-cut", good.prefix(1000))
    try put("bad-header", good.prefix(44))
    try put("bad-renamed", Data("\u{89}PNG\r\n".utf8))
    var law = good
    law[20] = 7  // mu-law
    try put("bad-law", law)
    try WAV.write(
      Sound(rate: 8000, channels: 1, samples: Array(repeating: 5, count: 5000)),
      to: folder + "/sounds/bell/silent.wav")
    try WAV.write(
      Sound(rate: 8000, channels: 1, samples: (0..<5000).map { Int16($0 * 7919 % 100 * 256) }),
      to: folder + "/sounds/bell/coarse.wav")
    let trained = try trainSounds("--skip-suspicious --validation-fraction 0.1", steps: 2)
    #expect(trained.status == 0, "\(trained.error)")
    for name in ["empty", "cut", "header", "renamed", "law"] {
      let lines = trained.error.split(separator: "\n").filter { $0.contains("bad-\(name).wav") }
      #expect(lines.count == 1, "\(name): \(trained.error)")
    }
    #expect(trained.error.contains("silent.wav: nothing but silence"), "\(trained.error)")
    #expect(trained.error.contains("coarse.wav: its low bits are never used"), "\(trained.error)")
    #expect(trained.output.contains("63 to train on, 7 to validate on"), "\(trained.output)")
  }
}
