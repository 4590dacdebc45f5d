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

    let besides = try run("glow eval run --audio sounds --beside half").output
    #expect(besides.split(separator: "\n").count == 3 && besides.contains("told the spectra"))
    #expect(besides.hasPrefix("run, and then half:\n"), "\(besides)")
    #expect(
      try run("glow encode run \(sound) sounds/kick/002.wav --output l.safetensors").status == 0)
    #expect(try run("glow decode run l.safetensors --output back").status == 0)
    #expect(try WAV.read("\(folder)/back/001.wav").sound == original)
    #expect(try run("glow inspect run").output.contains("told 20 mel bands"))
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
    #expect(try run("glow vocode run good.npy --output out").status == 0)
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
      ("vocode run decibels.npy --output out", "no logarithm"),
      ("eval run --audio sounds --beside nowhere", "nowhere"),
      ("eval run --audio sounds --beside plain --window 20", "do not suit plain"),
      ("mel good.wav fast.wav --output spectra", "fast.wav: is mono at 16000 Hz"),
      ("mel two.wav --output s.npy", "stereo"),
      ("mel fast.wav --for run --output s.npy", "16000 Hz"),
      ("mel fast.wav --mel-bands 400 --output s.npy", "too narrow"),
      ("mel fast.wav --fmax 9000 --output s.npy", "8000"),
      ("mel fast.wav --hop 4096 --output s.npy", "leave some of a sound out"),
      ("sample run", "vocode"),
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
  }
}
