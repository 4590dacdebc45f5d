import CSndFile
import Foundation

/// WAV files (also WAVE_FORMAT_EXTENSIBLE and RF64): PCM or float in, 16-bit samples out.
public enum WAV {
  /// How samples are stored.
  public enum Encoding: Equatable, Sendable {
    /// Unsigned, as WAV has it.
    case pcm8
    /// Signed; the only one that is read and written exactly as stored.
    case pcm16
    /// Signed, in three bytes.
    case pcm24
    /// Signed, in four bytes.
    case pcm32
    /// IEEE 754 single precision; full scale is ±1.
    case float32
    /// IEEE 754 double precision; full scale is ±1.
    case float64
  }

  /// What a file says about itself before its samples.
  public struct Header: Equatable, Sendable {
    /// Frames per second in Hz, 1 to 768000.
    public let rate: Int
    /// Samples per frame, 1 to 8.
    public let channels: Int
    /// Frames, at least one.
    public let frames: Int
    /// How the samples are stored.
    public let encoding: Encoding
    /// How many bytes precede the samples.
    let offset: Int

    /// The rate and the channels.
    public var format: SoundFormat { SoundFormat(rate: rate, channels: channels) }
  }

  /// The longest sound that is read, in bytes as stored.
  public static let byteLimit = 1 << 36
  /// The longest sound that is read or written whole, in bytes of 16-bit samples.
  public static let wholeLimit = 1 << 31

  /// A whole file, and how many samples were clamped; the rule to 16 bits is that of `Reader`.
  ///
  /// Throws a `FileError` as `Reader` does, and if the sound is longer than `wholeLimit`.
  public static func read(_ path: String) throws -> (sound: Sound, clamped: Int) {
    try SoundReader(path).whole()
  }

  /// Writes a sound as 16-bit PCM: under a temporary name beside `path`, then renamed, and not
  /// synced if new.
  ///
  /// Throws a `FileError` of kind `.unwritable`, also if the sound is longer than `wholeLimit`.
  public static func write(_ sound: Sound, to path: String) throws {
    func unwritable(_ reason: String) -> FileError {
      FileError(path: path, reason: "can't be written: \(reason)", kind: .unwritable)
    }
    guard sound.samples.count * MemoryLayout<Int16>.size <= wholeLimit else {
      throw unwritable("the sound takes more than \(wholeLimit) bytes")
    }
    try AtomicFile.write(throughDescriptorTo: path, .unsynced) { descriptor in
      var info = SF_INFO()
      info.samplerate = Int32(sound.rate)
      info.channels = Int32(sound.channels)
      info.format = Int32(SF_FORMAT_WAV | SF_FORMAT_PCM_16)
      // If it fails libsndfile closes the descriptor, asked to or not, so it gets one of its own.
      let own = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
      guard own >= 0 else { throw unwritable(String(cString: strerror(errno))) }
      let file = try opened { sf_open_fd(own, Int32(SFM_WRITE), &info, 1) }
        .mapError { unwritable($0.text) }.get()
      let written = sf_writef_short(file, sound.samples, sf_count_t(sound.frames))
      let reason = String(cString: sf_strerror(file))
      // The header gets its sizes on closing, so only then is the file whole.
      let status = sf_close(file)
      guard written == sound.frames else { throw unwritable(reason) }
      guard status == 0 else { throw unwritable(String(cString: sf_error_number(status))) }
    }
  }

  /// What libsndfile opens, or its reason why not, which it keeps in a global.
  static func opened(_ open: () -> OpaquePointer?) -> Result<OpaquePointer, Reason> {
    opening.lock()
    defer { opening.unlock() }
    if let file = open() { return .success(file) }
    return .failure(Reason(text: String(cString: sf_strerror(nil))))
  }

  private static let opening = NSLock()
}
