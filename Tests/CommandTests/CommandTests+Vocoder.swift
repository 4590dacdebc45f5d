import Foundation
import Media
import Testing
import Training

/// A model that is told mel spectra, by every verb.
extension CommandTests {
  @Test func soundsFromTheirSpectra() throws {
    try copySounds()
    let told = "--condition mel --mel-bands 20 --warmup 2 --muon-interval 2"
    let trained = try trainSounds(told, steps: 6)
    #expect(trained.status == 0, "\(trained.error)")
    #expect(trained.output.contains("20 mel bands, 0 to 4,000 Hz, of windows of 512 frames every"))

    // goes on bit for bit
    #expect(try trainSounds(told, steps: 3, output: "half").status == 0)
    #expect(try run("glowtrain --resume half --iterations 6 --quiet").status == 0)
    let files = try ["run", "half"].map {
      try Safetensors(reading: "\(folder)/\($0)/last.safetensors")
    }
    for name in files[0].entries.keys
    where name != "state.seconds" && !name.hasSuffix("permutation") {
      #expect(try files[0].floats(name) == files[1].floats(name), "\(name)")
    }
    #expect(try run("glowtrain --resume run --condition mel --hop 64").status == 64)

    let sound = "sounds/bell/001.wav"
    let copied = try run("glow vocode run \(sound) sounds/kick --match 1 --output copies")
    #expect(copied.status == 0 && copied.output.contains("11 sounds"), "\(copied.error)")
    let original = try WAV.read("\(folder)/\(sound)").sound
    let copy = try WAV.read("\(folder)/copies/001.wav").sound
    // another draw, not the sound itself: hardly a sample of the loud ones is the same
    let same = zip(copy.samples, original.samples).count { $0 == $1 && abs(Int($0)) > 100 }
    let loud = original.samples.count { abs(Int($0)) > 100 }
    #expect(copy.frames == original.frames && same * 10 < loud, "\(same) of \(loud)")

    // the same from what glow mel writes, but for the frames behind the last
    #expect(try run("glow mel \(sound) --for run --output s.npy --picture s.png").status == 0)
    #expect(try run("glow vocode run s.npy --match 1 --denoise 0 --output spectra").status == 0)
    let voiced = try WAV.read("\(folder)/spectra/s.wav").sound
    #expect(voiced.samples.prefix(3000) == copy.samples.prefix(3000))

    // which draw is a matter of the place among the files, as they were given
    func mixed(_ files: String, _ output: String) throws -> (wav: Sound, npy: Sound) {
      let outcome = try run("glow vocode run \(files) --match 1 --output \(output)")
      #expect(outcome.status == 0 && outcome.output.contains("2 sounds"), "\(outcome.error)")
      return try (
        WAV.read("\(folder)/\(output)/001.wav").sound, WAV.read("\(folder)/\(output)/s.wav").sound
      )
    }
    let first = try mixed("\(sound) s.npy", "a")
    let second = try mixed("s.npy \(sound)", "b")
    #expect(first.wav == copy && first.npy != voiced)
    #expect(second.wav != copy && second.npy == voiced)

    // what silence is made to takes something out
    #expect(try run("glow vocode run s.npy --match 1 --denoise 1 --output quiet").status == 0)
    let quiet = try WAV.read("\(folder)/quiet/s.wav").sound
    #expect(quiet.frames == voiced.frames && quiet != voiced)

    // found to be bad behind where a look at it ends, and behind the last window
    func figure() throws -> (bits: Double?, error: String) {
      let scored = try run("glow eval run --audio sounds --json")
      #expect(scored.status == 0, "\(scored.error)")
      let fields = try JSONSerialization.jsonObject(with: Data(scored.output.utf8))
      return ((fields as? [String: Any])?["bits_per_dim"] as? Double, scored.error)
    }
    let before = try #require(figure().bits)
    var noise = (0..<40_005).map { Float($0 * 7919 % 10007) / 20000 }
    noise[40_004] = .nan
    try putFloats("sounds/kick/last.wav", noise)
    let (bits, error) = try figure()
    let after = try #require(bits)
    #expect(error.contains("passed over sounds/kick/last.wav: holds a sample"), "\(error)")
    #expect(abs(after - before) < 1e-4, "\(before), then \(after)")
    try FileManager.default.removeItem(atPath: "\(folder)/sounds/kick/last.wav")

    let besides = try run("glow eval run --audio sounds --beside half").output
    #expect(besides.split(separator: "\n").count == 3 && besides.contains("told the spectra"))
    #expect(besides.hasPrefix("run, and then half:\n"), "\(besides)")
    #expect(
      try run("glow encode run \(sound) sounds/kick/002.wav --output l.safetensors").status == 0)
    #expect(try run("glow decode run l.safetensors --output back").status == 0)
    #expect(try WAV.read("\(folder)/back/001.wav").sound == original)
    #expect(try run("glow inspect run").output.contains("told 20 mel bands"))
  }

  /// Both models score the very same samples, whatever their runs left out and their levels divide.
  @Test func twoModelsScoreTheSame() throws {
    try copySounds()
    let coarse = (0..<5000).map { Int16($0 * 7919 % 100 * 256) }
    try WAV.write(
      Sound(rate: 8000, channels: 1, samples: coarse), to: folder + "/sounds/kick/coarse.wav")
    #expect(try trainSounds("--condition mel --mel-bands 20", steps: 1).status == 0)
    let plain = try run(
      "glowtrain --audio sounds --output plain --iterations 1 --levels 4 --steps 1 --width 8 "
        + "--layers 2 --segment 1024 --batch 4 --skip-suspicious")
    #expect(plain.status == 0, "\(plain.error)")
    let line = "glow eval run --audio sounds --beside plain"
    let figures = try run(line).output.split(separator: "\n").dropFirst().map {
      String($0.prefix { $0 != " " })
    }
    #expect(figures.count == 2 && figures.first != figures.last, "\(figures)")
    let json = try run(line + " --json")
    let own = try #require(
      JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
    let beside = try #require(own["beside"] as? [String: Any])
    #expect(own["files"] as? Int == 21 && own["samples"] as? Int ?? 0 > 0)
    for key in ["files", "samples", "left_out", "window"] {
      #expect(own[key] as? Int == beside[key] as? Int, "\(key)")
    }
    #expect(own["bits_per_dim"] as? Double != beside["bits_per_dim"] as? Double)
    #expect(own["conditional"] as? Bool == true && beside["conditional"] as? Bool == false)
  }

  /// Writes a mono WAV file of float32 samples, which may be anything.
  private func putFloats(_ name: String, _ samples: [Float]) throws {
    func bytes(_ value: UInt32, _ count: Int = 4) -> [UInt8] {
      (0..<count).map { UInt8(value >> (8 * $0) & 255) }
    }
    let data = samples.flatMap { bytes($0.bitPattern) }
    let format =
      bytes(3, 2) + bytes(1, 2) + bytes(8000) + bytes(32000) + bytes(4, 2) + bytes(32, 2)
    var file = Array("RIFF".utf8) + bytes(UInt32(36 + data.count)) + Array("WAVEfmt ".utf8)
    file += bytes(16) + format + Array("data".utf8) + bytes(UInt32(data.count)) + data
    try Data(file).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
  }

  @Test func whatNoSpectrumCanBeIsALine() throws {
    try copySounds()
    #expect(try trainSounds("--condition mel --mel-bands 20", steps: 1).status == 0)
    #expect(try trainSounds("", steps: 1, output: "plain").status == 0)
    let good = (0..<20).map { band in (0..<4).map { Double(band + $0) / -4 } }
    func write(_ name: String, _ rows: [[Double]]) throws {
      try TableWriter.write(
        to: "\(folder)/\(name).npy", columns: rows[0].indices.map { "\($0)" }
      ) { for row in rows { try $0.append(row) } }
    }
    try write("good", good)
    try write("one", good.map { [$0[0]] })
    try write("bands", Array(good[..<19]))
    try write("turned", (0..<4).map { frame in good.map { $0[frame] } })
    try write("decibels", good.map { $0.map { 8.7 * $0 - 8 } })
    try FileManager.default.copyItem(
      atPath: "\(folder)/sounds/bell/001.wav", toPath: "\(folder)/good.wav")
    try FileManager.default.createDirectory(
      atPath: "\(folder)/links", withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder)/links/001.wav", withDestinationPath: "\(folder)/sounds/bell/001.wav")
    try write("nan", good.map { [.nan] + $0.dropFirst() })
    try WAV.write(Sound(rate: 16000, channels: 1, samples: [1, 2, 3]), to: "\(folder)/fast.wav")
    try WAV.write(Sound(rate: 8000, channels: 2, samples: [1, 2]), to: "\(folder)/two.wav")
    let plain = try run("glow vocode run good.npy --output out")
    #expect(plain.status == 0 && plain.error.contains("taken for 20 mel bands"), "\(plain.error)")
    let known = "--sample-rate 8000 --mel-bands 20 --fft 512 --hop 128 --fmin 0 --fmax 4000"
    let said = try run("glow vocode run good.npy \(known) --output out")
    #expect(said.status == 0 && !said.error.contains("taken for"), "\(said.error)")

    // a hair below the floor is the floor
    func floored(_ value: Double) -> [[Double]] { good.map { [value] + $0.dropFirst() } }
    try write("low", floored(-11.53))
    try write("floor", floored(log(1e-5)))
    let low = try run("glow vocode run low.npy --output out")
    #expect(low.status == 0, "\(low.error)")
    #expect(low.error.contains("low.npy: 20 values below ln 1e-5"), "\(low.error)")
    let floor = try run("glow vocode run floor.npy --output out")
    #expect(floor.status == 0 && !floor.error.contains("below"), "\(floor.error)")
    let sounds = try ["low", "floor"].map { try WAV.read("\(folder)/out/\($0).wav").sound }
    #expect(sounds[0] == sounds[1])
    try write("infinite", floored(-.infinity))
    try write("high", floored(20.5))

    try putFloats("loud.wav", (0..<1000).map { $0 % 2 == 0 ? 1.5 : -0.25 })
    let loud = try run("glow mel loud.wav --output loud.npy")
    #expect(loud.error.contains("loud.wav: 500 samples clamped to 16 bits"), "\(loud.error)")
    try putFloats("nothing.wav", [])
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': (20, 0), }\n"
    var array: [UInt8] = [0x93]
    array += Array("NUMPY".utf8)
    array += [1, 0, UInt8(header.utf8.count), 0]
    array += Array(header.utf8)
    try Data(array).write(to: URL(fileURLWithPath: folder + "/nothing.npy"))
    try write("ten", good.map { $0.map { max(-5, $0 / 2 - 3) } })
    #expect(try run("glow vocode run ten.npy --output out").error.contains("to base 10"))
    for (line, reason) in [
      ("vocode run one.npy --output out", "one frame"),
      ("vocode run bands.npy --output out", "19 bands"),
      ("vocode run turned.npy --output out", "4 bands"),
      ("vocode run nan.npy --output out", "nan"),
      ("vocode run fast.wav --output out", "16000 Hz"),
      ("vocode run two.wav --output out", "stereo"),
      ("vocode plain good.npy --output out", "no mel spectrum"),
      ("vocode run good.npy --output .", "would replace ./good.wav"),
      (
        "vocode run links/001.wav --follow-links --output sounds/bell",
        "would replace sounds/bell/001.wav"
      ),
      ("vocode run decibels.npy --output out", "no natural logarithm"),
      ("vocode run infinite.npy --output out", "holds -inf, which is no natural logarithm"),
      ("vocode run high.npy --output out", "holds 20.5, which is no natural logarithm"),
      ("vocode run nothing.npy --output out", "nothing.npy: is empty: its shape is (20, 0)"),
      ("vocode run nothing.wav --output out", "nothing.wav: holds no sound"),
      ("vocode run good.npy --hop 64 --output out", "is told: --hop 64 and not 128"),
      (
        "vocode run good.npy --sample-rate 16000 --hop 128 --output out",
        "good.npy: is of another spectrum than the model is told: --sample-rate 16000 and not 8000"
      ),
      ("vocode run good.wav --hop 64 --output out", "are for spectra"),
      ("eval run --audio sounds --beside nowhere", "nowhere"),
      ("eval run --audio sounds --beside plain --window 20", "do not suit plain"),
      ("mel good.wav fast.wav --output spectra", "fast.wav: is mono at 16000 Hz"),
      ("mel two.wav --output s.npy", "stereo"),
      ("mel fast.wav --for run --output s.npy", "16000 Hz"),
      ("mel fast.wav --mel-bands 400 --output s.npy", "too narrow"),
      ("mel fast.wav --fmax 9000 --output s.npy", "8000"),
      ("mel fast.wav --hop 4096 --output s.npy", "leave some of a sound out"),
      ("interpolate run fast.wav two.wav --output i.wav", "spectra"),
      ("detect run --audio sounds", "is told"),
      ("train --audio sounds --hop 64", "--condition mel"),
    ] {
      let outcome = try run("glow " + line)
      #expect(outcome.status != 0 && outcome.error.contains(reason), "\(line): \(outcome.error)")
      #expect(outcome.error.split(separator: "\n").count { $0.contains("error:") } == 1, "\(line)")
      #expect(!outcome.output.contains("bits/"), "\(line) was found out too late")
    }
    #expect(!FileManager.default.fileExists(atPath: "\(folder)/spectra"))
    let drawn = try run("glow sample run --count 1 --output drawn")
    #expect(drawn.status == 0 && drawn.error.contains("told the mean"), "\(drawn.error)")
  }
}
