import Tensors

/// What an example is, and all that differs from one kind to another.
public enum Medium: Equatable, Sendable {
  /// Pixels reduced to so many bits.
  case images(bits: Int)
  /// 16-bit sound at so many frames a second, with nets of so many gated layers.
  case sound(rate: Int, layers: Int)

  /// True for sound, which is of any length.
  public var isSound: Bool {
    switch self {
    case .images: false
    case .sound: true
    }
  }

  /// What it is called in a checkpoint.
  public var kind: String {
    switch self {
    case .images: "images"
    case .sound: "audio"
    }
  }

  /// One example.
  public var noun: String {
    switch self {
    case .images: "image"
    case .sound: "sound"
    }
  }

  /// What a step learns from.
  public var trainedNoun: String {
    switch self {
    case .images: "images"
    case .sound: "segments"
    }
  }

  /// What bits per dimension are called.
  public var figure: String {
    switch self {
    case .images: "bits/dim"
    case .sound: "bits/sample"
    }
  }

  /// The step of samples as they are stored, with its article and in names of figures.
  public var unit: (words: String, key: String) {
    switch self {
    case .images: ("an 8-bit level", "8_bit_levels")
    case .sound: ("a 16-bit step", "16_bit_steps")
    }
  }

  /// The integers that samples are, and where they stand on the real line.
  public var grid: SampleGrid {
    switch self {
    case .images(let bits): .image(bits: bits)
    case .sound: .sound
    }
  }

  /// What a squeeze divides height and width by.
  public var squeeze: (height: Int, width: Int) {
    switch self {
    case .images: (2, 2)
    case .sound: (1, 2)
    }
  }

  /// The height and width of a split's convolution.
  var splitKernel: (height: Int, width: Int) {
    switch self {
    case .images: (3, 3)
    case .sound: (1, 3)
    }
  }

  /// How far a rebuilt input may be off before a gradient is not to be trusted: a few 8-bit levels,
  /// or 32 steps of 16-bit sound.
  public var mostReconstructionError: Float {
    switch self {
    case .images: 0.01
    case .sound: 0.001
    }
  }
}
