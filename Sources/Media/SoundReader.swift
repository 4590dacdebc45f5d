/// A sound file, read by stretches as if it had another rate or were mono; by one thread at a time.
public final class SoundReader {
  /// The rate and the channels that it is read with.
  public let format: SoundFormat
  /// Frames at that rate: of n stored ones ⌊n · rate / stored rate⌋.
  public let frames: Int
  /// What the file says about itself.
  public var header: WAV.Header { source.header }

  private let path: String
  private let source: WAV.Reader
  /// Nil if the stored rate is the one asked for.
  private let resampler: Resampler?

  /// Opens a file, to be read with its own format or with another: of another rate, or mono.
  ///
  /// Throws a `FileError` as `WAV.Reader` does, if the rates differ by more than a factor of 256,
  /// or if the channels differ and `format` is not mono.
  public convenience init(_ path: String, format: SoundFormat? = nil) throws {
    try self.init(InputFile(path: path), format: format)
  }

  /// As that, of a file that is open.
  public init(_ file: InputFile, format: SoundFormat? = nil) throws {
    let source = try WAV.Reader(file)
    path = file.path
    self.source = source
    self.format = format ?? source.header.format
    (frames, resampler) = try Self.conversion(path, source.header, self.format)
  }

  /// How many frames a file has in another format; throws as the initializer does.
  static func frames(of path: String, _ header: WAV.Header, as format: SoundFormat) throws -> Int {
    try conversion(path, header, format).frames
  }

  /// Fills `buffer` with some frames, `frames.count · channels` samples, frame by frame.
  ///
  /// The stored sound is first brought to 16 bits as `WAV.Reader` does it; mono is the mean over
  /// the channels, rounded to the nearest. The rate is changed by a band-limited interpolation
  /// (libsamplerate, medium quality), and the result rounded and clamped. A stretch is the same,
  /// up to that rounding, whatever else is read. Memory grows with the stretch. Returns how many
  /// samples were clamped; throws a `FileError` as `WAV.Reader.read`.
  public func read(
    _ range: Range<Int>, into buffer: UnsafeMutableBufferPointer<Int16>
  ) throws -> Int {
    precondition(range.lowerBound >= 0 && range.upperBound <= frames, "frames lie in the sound")
    precondition(buffer.count == range.count * format.channels, "the buffer holds the frames")
    guard let resampler, !range.isEmpty else { return try readStored(range, into: buffer) }

    let (input, surplus) = resampler.input(for: range)
    let stored = input.clamped(to: 0..<header.frames)
    var samples = [Int16](repeating: 0, count: stored.count * format.channels)
    var clamped = try samples.withUnsafeMutableBufferPointer { try readStored(stored, into: $0) }
    var values = samples.map { Float($0) / 32768 }
    values += repeatElement(0, count: (input.count - stored.count) * format.channels)
    do {
      let converted = try resampler.convert(
        values, channels: format.channels, surplus: surplus, count: range.count)
      for (i, value) in zip(buffer.indices, converted) {
        buffer[i] = Int16(nearest: Double(value) * 32768, clamped: &clamped)
      }
    } catch {
      let reason = "can't be brought to \(format.rate) Hz: \(error.text)"
      throw FileError(path: path, reason: reason, kind: .malformed)
    }
    return clamped
  }

  /// All of it, and how many samples were clamped. Throws as `read`, and if it has no frame at the
  /// rate asked for, or is longer than `WAV.wholeLimit`.
  public func whole() throws -> (sound: Sound, clamped: Int) { try sound(0..<frames) }

  /// Some of the frames, as `whole`.
  public func sound(_ range: Range<Int>) throws -> (sound: Sound, clamped: Int) {
    let count = range.count * format.channels
    guard !range.isEmpty else {
      let reason = "has no frame at \(format.rate) Hz"
      throw FileError(path: path, reason: reason, kind: .malformed)
    }
    guard count * MemoryLayout<Int16>.size <= WAV.wholeLimit else {
      let reason =
        "is \(frames) frames long; a whole sound has at most \(WAV.wholeLimit) bytes"
      throw FileError(path: path, reason: reason, kind: .malformed)
    }
    var clamped = 0
    let samples = try [Int16](unsafeUninitializedCapacity: count) { buffer, initialized in
      let place = UnsafeMutableBufferPointer(start: buffer.baseAddress, count: count)
      clamped = try read(range, into: place)
      initialized = count
    }
    return (Sound(rate: format.rate, channels: format.channels, samples: samples), clamped)
  }

  /// At the stored rate, but with the channels asked for.
  private func readStored(
    _ range: Range<Int>, into buffer: UnsafeMutableBufferPointer<Int16>
  ) throws -> Int {
    let channels = header.channels
    if channels == format.channels { return try source.read(range, into: buffer) }
    var samples = [Int16](repeating: 0, count: range.count * channels)
    let clamped = try samples.withUnsafeMutableBufferPointer { try source.read(range, into: $0) }
    var none = 0  // A mean never leaves the range.
    for i in buffer.indices {
      let sum = samples[i * channels..<(i + 1) * channels].reduce(0) { $0 + Int($1) }
      buffer[i] = Int16(nearest: Double(sum) / Double(channels), clamped: &none)
    }
    return clamped
  }

  private static func conversion(
    _ path: String, _ header: WAV.Header, _ format: SoundFormat
  ) throws -> (frames: Int, resampler: Resampler?) {
    guard format.channels == header.channels || format.channels == 1 else {
      let reason = "has \(counted(header.channels, "channel")) and not \(format.channels)"
      throw FileError(path: path, reason: reason, kind: .malformed)
    }
    if format.rate == header.rate { return (header.frames, nil) }
    guard let resampler = Resampler(from: header.rate, to: format.rate) else {
      let reason =
        "can't be brought from \(header.rate) Hz to \(format.rate): that is more than a"
        + " factor of 256"
      throw FileError(path: path, reason: reason, kind: .malformed)
    }
    return (resampler.count(of: header.frames), resampler)
  }
}
