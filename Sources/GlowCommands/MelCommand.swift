import ArgumentParser
import Foundation
import Media
import Models
import Plots
import Training

/// `glow mel`
struct MelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mel",
    abstract: "Makes the mel spectrum of a sound, as a model is told it.",
    discussion: """
      EXAMPLES
        glow mel a.wav --output a.npy
        glow mel a.wav b.wav --output spectra/
        glow mel a.wav --for checkpoints/vocoder --output a.npy --picture a.png

      An array of NumPy's, float32, bands x frames, of the sound in 16 bits: the natural logarithm \
      of the magnitude in each band, at least 1e-5, as librosa's filters.mel makes bands by its \
      default scale and norm. Frames are centred on every --hop'th sample, and the sound is \
      mirrored at its ends.
      """)

  @Argument(help: "Mono WAV files.", completion: .file())
  var files: [String]
  @Option(
    name: .customLong("for"),
    help: ArgumentHelp(
      "The spectrum that this model is told, rather than what suits the rate.",
      valueName: "checkpoint"), completion: .file())
  var checkpoint: String?
  @OptionGroup var mel: MelOptions
  @Option(
    help: ArgumentHelp("The array; of several sounds a folder.", valueName: "file.npy|dir"),
    completion: .file())
  var output: String
  @Option(
    help: ArgumentHelp("Draw the spectrum of one sound.", valueName: "file.png"),
    completion: .file())
  var picture: String?

  func validate() throws {
    try check(picture == nil || files.count == 1, "--picture is for one sound")
    try check(
      checkpoint == nil || mel.isEmpty,
      "--for excludes --mel-bands, --fft, --hop, --fmin and --fmax")
  }

  func run() throws {
    try Output.tryAll(
      files.count > 1 ? .folder("output", output) : .file("output", output, .array),
      .file("picture", picture, .figure), reading: files)
    let own = try checkpoint.map { path in
      let checkpoint = try Checkpoint(reading: path)
      guard let spectrum = try checkpoint.configuration(of: Glow.self).melSpectrum else {
        throw notTold(checkpoint)
      }
      return spectrum
    }
    let spectrum = try own ?? self.spectrum(rate: WAV.header(of: files[0]).rate)
    let headers: [WAV.Header] = try files.map { path in
      let header = try WAV.header(of: path)
      guard header.channels == 1, header.rate == spectrum.rate else {
        throw FileError(
          path: path,
          reason:
            "is \(channelName(header.channels)) at \(header.rate) Hz; the spectrum is made of mono "
            + "sounds at \(spectrum.rate) Hz" + (own == nil ? "" : ", as the model's"),
          kind: .malformed)
      }
      return header
    }
    var names = FileNames(ending: ".npy")
    if files.count > 1 { try Folder.make(output) }
    for path in files {
      let (sound, clamped) = try WAV.read(path)
      sayClamped(clamped, in: path)
      let values = spectrum.of(sound)
      let name = names.name((path as NSString).lastPathComponent, from: ".wav")
      try values.writeSpectrum(
        bands: spectrum.bands, to: files.count > 1 ? Folder.path(output, name) : output)
      if let picture { try figure(values, spectrum, path).write(to: picture) }
    }
    say(headers.reductionNotes(SoundFormat(rate: spectrum.rate, channels: 1)))
    print("\(counted(files.count, "spectrum", plural: "spectra")) in \(output)")
  }

  private func spectrum(rate: Int) throws -> MelSpectrum {
    guard let spectrum = try mel.condition(rate: rate).spectrum(rate: rate) else {
      throw ValidationError("there is no such spectrum")
    }
    return spectrum
  }

  private func figure(_ values: [Float], _ spectrum: MelSpectrum, _ path: String) -> Figure {
    let (bands, frames) = (spectrum.bands, values.count / spectrum.bands)
    let seconds = Double(frames * spectrum.hop) / Double(spectrum.rate)
    // of a long sound some of the frames, as many as a picture has room for
    let step = (frames + 2047) / 2048
    let shown = Array(stride(from: 0, to: frames, by: step))
    let grid = Grid(
      x: 0...seconds, y: 0...Double(bands), columns: shown.count,
      values: (0..<bands).flatMap { band in shown.map { Double(values[$0 * bands + band]) } })
    var figure = Figure((path as NSString).lastPathComponent, width: 640, height: 320)
    figure[0, 0] = Panel(
      x: Axis("seconds"), y: Axis("band"),
      marks: [.heatMap(grid, colors: .glow, bar: "ln magnitude")])
    return figure
  }
}

/// The error where a verb needs a model that is told a mel spectrum.
func notTold(_ checkpoint: Checkpoint) -> FileError {
  FileError(
    path: checkpoint.path,
    reason: "is told no mel spectrum; glow train --audio --condition mel makes a model that is",
    kind: .malformed)
}

extension [Float] {
  /// Writes a spectrum, frame by frame here, as bands × frames. Throws a `FileError` (unwritable).
  fileprivate func writeSpectrum(bands: Int, to path: String) throws {
    let frames = count / bands
    try TableWriter.write(to: path, columns: (0..<frames).map { "\($0)" }) { writer in
      for band in 0..<bands {
        try writer.append((0..<frames).map { Double(self[$0 * bands + band]) })
      }
    }
  }
}
