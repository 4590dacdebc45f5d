import Media
import Models
import Tensors

/// Examples that come with what a model is told beside them: a class, columns of a table, another
/// picture.
public protocol ConditionedExamples: ExampleSet {
  /// The numbers of a window at all of its places, one place behind the other: Fh·Fw·B of them, as
  /// `GlowConfiguration.Condition` has it. Throws a `FileError` if a file can't be read.
  func condition(of window: ExampleWindow) throws -> [Float]
}

/// What a model is told beside the examples of a set: what they come with, or of sounds their own
/// mel spectra, read with all that the windows at the ends of an example see around it.
struct ConditionSource: Sendable {
  private let numbers: @Sendable (ExampleWindow) throws -> [Float]

  /// Nil of a model that is told nothing, or nothing that a set holds.
  init?(_ c: GlowConfiguration, _ examples: any ExampleSet) {
    if let spectrum = c.melSpectrum, let sounds = examples as? SoundSet {
      numbers = { window in
        let count = spectrum.count(of: window.width)
        let (first, margin) = (window.start, spectrum.margin)
        let frames = first - margin..<first + (count - 1) * spectrum.hop + margin
        return spectrum.of(try sounds.mirrored(frames, ofFile: window.file), count: count)
      }
    } else if c.condition != nil, let examples = examples as? any ConditionedExamples {
      numbers = { try examples.condition(of: $0) }
    } else {
      return nil
    }
  }

  /// The numbers of windows, one behind the other. Throws a `FileError` if a file can't be read.
  func values(of windows: [ExampleWindow]) throws -> [Float] { try windows.flatMap(numbers) }
}

extension ExampleSet {
  /// Finds out which files are bad in what a model is told of their windows, which a set of sounds
  /// remembers. Throws a `FileError` if too many are.
  package func findBad(telling c: GlowConfiguration) throws {
    guard let told = ConditionSource(c, self) else { return }
    for window in windows {
      do {
        _ = try told.values(of: [window])
      } catch let error as FileError where error.path == paths[window.file] {}
    }
  }
}

extension GlowConfiguration.Condition {
  /// The front end that makes it of sounds of a rate; nil where it is no mel spectrum.
  public func spectrum(rate: Int) -> MelSpectrum? {
    mel.map {
      MelSpectrum(
        rate: rate, bands: channels, window: $0.fft, hop: spacing, lowest: $0.lowest,
        highest: $0.highest)
    }
  }
}

extension GlowConfiguration {
  /// The front end that makes what the model is told; nil where that is no mel spectrum.
  public var melSpectrum: MelSpectrum? {
    guard case .sound(let rate, _) = medium else { return nil }
    return condition?.spectrum(rate: rate)
  }

  /// The numbers of examples as a tensor, [N, 1, F, B], or of images [N, Fh, Fw, B].
  func conditionTensor(_ values: [Float], examples: Int) -> Tensor {
    let channels = condition?.channels ?? 1
    let high = condition.map { conditionPlaces($0, width: width)[0] } ?? 1
    return Tensor(
      values, shape: [examples, high, values.count / (examples * high * channels), channels])
  }

  /// What the model is told of a sound; nil of a model that is told nothing.
  func conditionTensor(of sound: Sound) -> Tensor? {
    melSpectrum.map { conditionTensor($0.of(sound), examples: 1) }
  }
}
