import ArgumentParser
import Foundation
import Media

/// What mel spectra from elsewhere are of, as far as somebody says it: their files do not.
struct SpectrumOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Frames of sound a second that the spectra are of.", valueName: "hz"))
  var sampleRate: Int?
  @Option(help: ArgumentHelp("Their bands.", valueName: "n"))
  var melBands: Int?
  @Option(help: ArgumentHelp("Frames of sound in a window of theirs.", valueName: "n"))
  var fft: Int?
  @Option(help: ArgumentHelp("Frames of sound from one window to the next.", valueName: "n"))
  var hop: Int?
  @Option(help: ArgumentHelp("Where their lowest band begins.", valueName: "hz"))
  var fmin: Double?
  @Option(help: ArgumentHelp("Where their highest band ends.", valueName: "hz"))
  var fmax: Double?

  var isEmpty: Bool {
    sampleRate == nil && melBands == nil && fft == nil && hop == nil && fmin == nil && fmax == nil
  }

  /// Throws a `FileError` where a file's spectrum is said to be another than a model is told.
  func check(_ path: String, for spectrum: MelSpectrum) throws {
    let facts: [(name: String, said: Double?, own: Double)] = [
      ("sample-rate", sampleRate.map { Double($0) }, Double(spectrum.rate)),
      ("mel-bands", melBands.map { Double($0) }, Double(spectrum.bands)),
      ("fft", fft.map { Double($0) }, Double(spectrum.window)),
      ("hop", hop.map { Double($0) }, Double(spectrum.hop)),
      ("fmin", fmin, spectrum.lowest), ("fmax", fmax, spectrum.highest),
    ]
    func shown(_ number: Double) -> String { String(format: "%.10g", number) }
    let others = facts.compactMap { fact -> String? in
      guard let said = fact.said, said != fact.own else { return nil }
      return "--\(fact.name) \(shown(said)) and not \(shown(fact.own))"
    }
    guard others.isEmpty else {
      throw FileError(
        path: path,
        reason: "is of another spectrum than the model is told: " + others.joined(separator: ", "),
        kind: .malformed)
    }
  }
}
