import Foundation
import Media
import Models
import Tensors

/// Sounds from their mel spectra, by a model that is told those.
///
///     if let vocoder = Vocoder(glow) { let copy = try vocoder.copy(sound, temperature: 0.8) }
public struct Vocoder {
  /// The front end whose spectra the model knows.
  public let spectrum: MelSpectrum
  /// Passes that bring what is drawn nearer to the spectrum, by `MelSpectrum.matched`.
  public var passes = 0
  private let glow: Glow
  private var bias: SpectralSubtraction?
  private var strength = 0.0

  /// Nil of a model that is told no mel spectrum.
  public init?(_ glow: Glow) {
    guard let spectrum = glow.configuration.melSpectrum else { return nil }
    (self.spectrum, self.glow) = (spectrum, glow)
  }

  /// A vocoder that takes out of what it makes so much of what the model makes of silence, at
  /// temperature 0: tones of its own, if it has some. Throws `Sampler.NotFinite`.
  public func denoising(_ strength: Double, label: Int? = nil) throws -> Vocoder {
    let count = 65
    let silence = Float(log(MelSpectrum.floor))
    let x = try draw(
      Array(repeating: silence, count: count * spectrum.bands), frames: (count - 1) * spectrum.hop,
      temperature: 0, label: label, seed: 0, number: 0)
    var vocoder = self
    vocoder.bias = SpectralSubtraction(steady: x.elements, window: (spectrum.window + 3) / 4 * 4)
    vocoder.strength = strength
    return vocoder
  }

  /// A waveform, and how many of its samples lay outside the range and were clamped.
  public typealias Voiced = (sound: Sound, clamped: Int)

  /// A new waveform for the spectrum of a sound, of its rate and mono; as long as that. Throws
  /// `Sampler.NotFinite`.
  public func copy(
    _ sound: Sound, temperature: Float, label: Int? = nil, seed: UInt64 = 0, number: Int = 0
  ) throws -> Voiced {
    try voice(
      spectrum.of(sound), frames: sound.frames, temperature: temperature, label: label, seed: seed,
      number: number)
  }

  /// So many frames for a spectrum, frame by frame, of which the first is centred on the first;
  /// every deviation is multiplied by `temperature`. A model with classes is told one. What is left
  /// to chance is a function of the seed and the sound's number, so that sounds of several numbers
  /// have no hiss in common. Of any length: it is made in tiles that meet exactly in float32, and
  /// to its rounding in bfloat16. Throws `Sampler.NotFinite`.
  public func voice(
    _ values: [Float], frames: Int, temperature: Float, label: Int? = nil, seed: UInt64 = 0,
    number: Int = 0
  ) throws -> Voiced {
    let x = try draw(
      values, frames: frames, temperature: temperature, label: label, seed: seed, number: number)
    var samples = Array(x.elements.prefix(frames))
    if let bias { samples = bias.subtracted(from: samples, strength: strength) }
    samples = spectrum.matched(samples, to: values, passes: passes)
    guard samples.allSatisfy(\.isFinite) else { throw Sampler.NotFinite() }
    let (sounds, clamped) = glow.configuration.sounds(
      Tensor(samples, shape: [1, 1, frames, 1]), frames: frames)
    return (sounds[0], clamped)
  }

  /// x, [1, 1, T, 1], T the next length that the levels divide.
  private func draw(
    _ values: [Float], frames: Int, temperature: Float, label: Int?, seed: UInt64, number: Int
  ) throws -> Tensor {
    let c = glow.configuration
    let x = glow.sample(
      number..<number + 1, width: c.padded(frames), temperature: temperature,
      labels: label.map { [$0] }, condition: c.conditionTensor(values, examples: 1), seed: seed)
    guard x.isFinite else { throw Sampler.NotFinite() }
    return x
  }
}
