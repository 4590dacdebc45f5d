/// A 16-bit sound.
public struct Sound: Equatable, Sendable {
  /// Frames per second, in Hz.
  public let rate: Int
  /// Samples per frame, 1 to 8.
  public let channels: Int
  /// The samples, frame by frame: `frames · channels` of them.
  public let samples: [Int16]

  /// A sound of these samples, at least one frame of them.
  public init(rate: Int, channels: Int, samples: [Int16]) {
    let format = SoundFormat(rate: rate, channels: channels)
    precondition(!samples.isEmpty, "a sound has at least one frame")
    precondition(samples.count % channels == 0, "samples are frames · channels")
    self.rate = format.rate
    self.channels = format.channels
    self.samples = samples
  }

  /// How many frames there are.
  public var frames: Int { samples.count / channels }

  /// The first frames.
  public func prefix(_ frames: Int) -> Sound {
    Sound(rate: rate, channels: channels, samples: Array(samples.prefix(frames * channels)))
  }
}

extension Int16 {
  /// The nearest sample to a finite `value` in units of one sample step, ties away from zero.
  ///
  /// One that lies outside the range is clamped to it and counted.
  init(nearest value: Double, clamped: inout Int) {
    let rounded = value.rounded()
    if let exact = Int16(exactly: rounded) {
      self = exact
    } else {
      self = rounded < 0 ? .min : .max
      clamped += 1
    }
  }
}
