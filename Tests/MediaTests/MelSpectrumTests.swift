import Foundation
import Testing

@testable import Media

/// Mel spectra against librosa's, by `benchmarks/mel_reference.py`.
@Suite struct MelSpectrumTests {
  struct Front: Sendable {
    let name: String
    let window, hop, bands: Int
    let lowest, highest: Double
  }

  static let fronts = [
    Front(name: "mel-8000", window: 512, hop: 128, bands: 80, lowest: 0, highest: 4000),
    Front(name: "mel-16000", window: 800, hop: 200, bands: 40, lowest: 55, highest: 7600),
    Front(name: "mel-22050", window: 1024, hop: 256, bands: 80, lowest: 0, highest: 8000),
    Front(name: "mel-short", window: 1024, hop: 256, bands: 80, lowest: 0, highest: 8000),
  ]

  private func spectrum(_ front: Front, rate: Int) -> MelSpectrum {
    MelSpectrum(
      rate: rate, bands: front.bands, window: front.window, hop: front.hop, lowest: front.lowest,
      highest: front.highest)
  }

  @Test(arguments: fronts) func agreesWithLibrosa(_ front: Front) throws {
    let path = try #require(
      Bundle.module.path(forResource: "Fixtures/" + front.name, ofType: "wav"))
    let sound = try WAV.read(path).sound
    let (expected, bands, frames) = try NPY.matrix(path.replacing(".wav", with: ".npy"))
    let spectrum = spectrum(front, rate: sound.rate)
    #expect(spectrum.emptyBands == 0)
    let values = spectrum.of(sound)
    #expect(bands == front.bands && frames == spectrum.count(of: sound.frames))
    let worst = values.indices.map { i in
      abs(Double(values[i]) - expected[i % bands * frames + i / bands])
    }.max()
    #expect(try #require(worst) < 1e-5)
  }

  /// A stretch in the middle of a file has the frames that the whole has there; a set mirrors at its
  /// ends.
  @Test func aSetSeesAroundAWindow() throws {
    let path = try #require(
      Bundle.module.path(forResource: "Fixtures/mel-8000", ofType: "wav"))
    let folder = try TemporaryFolder()
    try FileManager.default.copyItem(atPath: path, toPath: folder.path + "/a.wav")
    let sound = try WAV.read(path).sound
    let set = try SoundFolder(folder.path).load(
      segment: 256, unit: 2, format: SoundFormat(rate: 8000, channels: 1))
    let spectrum = spectrum(Self.fronts[0], rate: 8000)
    let whole = spectrum.of(sound)
    for first in [0, 3, 13] {
      let start = first * spectrum.hop
      let around = try set.mirrored(
        start - spectrum.margin..<start + 4 * spectrum.hop + spectrum.margin, ofFile: 0)
      let part = spectrum.of(around, count: 5)
      let same = part == Array(whole[first * 80..<(first + 5) * 80])
      #expect(same, "frame \(first)")
    }
    #expect(try set.mirrored(-3..<2, ofFile: 0) == [3, 2, 1, 0, 1].map { sound.samples[$0] })
  }

  @Test func theInverseTransformIsOne() {
    let fourier = Fourier(size: 90)
    let x = (0..<90).map { sin(Double($0 * $0)) }
    var (spectrum, back) = (
      [Double](repeating: 0, count: 2 * fourier.bins), [Double](repeating: 0, count: 90)
    )
    fourier.forward(x, into: &spectrum)
    fourier.inverse(spectrum, into: &back)
    #expect(zip(x, back).allSatisfy { abs($0 - $1) < 1e-12 })
  }

  /// A tone goes and another stays; nothing taken out leaves all as it was, to its ends.
  @Test func aSteadySoundIsTakenOut() {
    func tone(_ turns: Double, _ count: Int) -> [Float] {
      (0..<count).map { Float(sin(2 * .pi * turns * Double($0))) / 4 }
    }
    let bias = SpectralSubtraction(steady: tone(0.125, 2000), window: 256)
    let (kept, taken) = (tone(0.31, 1501), tone(0.125, 1501))
    let both = zip(kept, taken).map(+)
    func worst(_ a: [Float], _ b: [Float], _ range: Range<Int>) -> Float {
      range.map { abs(a[$0] - b[$0]) }.max() ?? 0
    }
    #expect(worst(bias.subtracted(from: both, strength: 0), both, 0..<1501) < 1e-6)
    let left = bias.subtracted(from: both, strength: 1)
    #expect(worst(left, kept, 256..<1245) < 0.05)
  }

  /// White noise takes on the spectrum of a sound.
  @Test func aSpectrumIsMet() throws {
    let path = try #require(Bundle.module.path(forResource: "Fixtures/mel-8000", ofType: "wav"))
    let sound = try WAV.read(path).sound
    let spectrum = spectrum(Self.fronts[0], rate: 8000)
    let told = spectrum.of(sound)
    var generator = SystemRandomNumberGenerator()
    let noise = sound.samples.map { _ in Float.random(in: -0.5..<0.5, using: &generator) }
    func distance(_ passes: Int) -> Double {
      let samples = spectrum.matched(noise, to: told, passes: passes).map {
        Int16(max(-32768, min(32767, ($0 * 32768).rounded())))
      }
      let own = spectrum.of(Sound(rate: 8000, channels: 1, samples: samples))
      return zip(own, told).reduce(0) { $0 + Double(abs($1.0 - $1.1)) } / Double(told.count)
    }
    #expect(distance(0) > 2 && distance(10) < 0.5)
  }

  @Test func aMatrixIsReadAsItIs() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/m.npy"
    try TableWriter.write(to: path, columns: ["1", "2"]) {
      try $0.append([1, 2, 3, 4, 5, 6] as [Double])
    }
    let (values, rows, columns) = try NPY.matrix(path)
    #expect(values == [1, 2, 3, 4, 5, 6] && rows == 3 && columns == 2)
  }
}
