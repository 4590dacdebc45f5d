import CSndFile
import Foundation

extension WAV {
  /// An open file, whose samples are read from any frame on by one thread at a time.
  public final class Reader {
    /// What the file says about itself.
    public let header: Header

    private let path: String
    private let bytes: SoundBytes
    private let handle: OpaquePointer

    /// Opens a file.
    ///
    /// Throws a `FileError` as `header(of:)` does, and if libsndfile can't read the file.
    public convenience init(_ path: String) throws { try self.init(InputFile(path: path)) }

    /// As that, of a file that is open.
    init(_ file: InputFile) throws {
      let path = file.path
      self.path = path
      header = try WAV.header(of: file)
      let size = header.frames * header.channels * header.encoding.bytes
      bytes = SoundBytes(file, from: header.offset, count: size)
      var info = SF_INFO()
      info.samplerate = Int32(header.rate)
      info.channels = Int32(header.channels)
      info.format = Int32(SF_FORMAT_RAW | SF_ENDIAN_LITTLE | header.encoding.subtype)
      handle = try bytes.open(&info).mapError {
        FileError(path: path, reason: "can't be read: \($0.text)", kind: .malformed)
      }.get()
      guard Int(info.frames) == header.frames else {
        let reason = "can't be read: libsndfile finds \(info.frames) frames of \(header.frames)"
        throw FileError(path: path, reason: reason, kind: .malformed)
      }
    }

    deinit { sf_close(handle) }

    /// Fills `buffer` with some frames, `frames.count · channels` samples, frame by frame.
    ///
    /// 16 bits come exactly as stored and 8 bits times 256. The rest is scaled so that full scale
    /// becomes 32768, rounded to the nearest (ties away from zero), and clamped to
    /// −32768…32767. Returns how many samples were clamped.
    ///
    /// Throws a `FileError` if the file can't be read, is cut short meanwhile, or if a sample is
    /// infinite or no number.
    public func read(
      _ frames: Range<Int>, into buffer: UnsafeMutableBufferPointer<Int16>
    ) throws -> Int {
      precondition(
        frames.lowerBound >= 0 && frames.upperBound <= header.frames, "frames lie in the file")
      precondition(buffer.count == frames.count * header.channels, "the buffer holds the frames")
      guard let start = buffer.baseAddress, !frames.isEmpty else { return 0 }
      guard sf_seek(handle, sf_count_t(frames.lowerBound), SEEK_SET) == frames.lowerBound else {
        throw failure()
      }
      switch header.encoding {
      case .pcm8, .pcm16:
        guard sf_readf_short(handle, start, sf_count_t(frames.count)) == frames.count else {
          throw failure()
        }
        return 0
      case .pcm24, .pcm32, .float32, .float64:
        return try readScaled(frames, into: buffer)
      }
    }

    /// A double holds every 32-bit sample exactly, so that there is just one rounding.
    private func readScaled(
      _ frames: Range<Int>, into buffer: UnsafeMutableBufferPointer<Int16>
    ) throws -> Int {
      let (piece, channels) = (4096, header.channels)
      var values = [Double](repeating: 0, count: min(piece, frames.count) * channels)
      var clamped = 0
      for start in stride(from: 0, to: frames.count, by: piece) {
        let count = min(piece, frames.count - start)
        guard sf_readf_double(handle, &values, sf_count_t(count)) == count else {
          throw failure()
        }
        for i in 0..<count * channels {
          guard values[i].isFinite else {
            let frame = frames.lowerBound + start + i / channels
            let reason = "holds a sample that is not a finite number, in frame \(frame)"
            throw FileError(path: path, reason: reason, kind: .malformed)
          }
          buffer[start * channels + i] = Int16(nearest: values[i] * 32768, clamped: &clamped)
        }
      }
      return clamped
    }

    private func failure() -> any Error {
      bytes.failure
        ?? FileError(path: path, reason: "can't be read: libsndfile stops early", kind: .malformed)
    }
  }
}

extension WAV.Encoding {
  /// The size of a sample.
  fileprivate var bytes: Int {
    switch self {
    case .pcm8: 1
    case .pcm16: 2
    case .pcm24: 3
    case .pcm32, .float32: 4
    case .float64: 8
    }
  }

  /// What libsndfile calls it.
  fileprivate var subtype: Int {
    switch self {
    case .pcm8: SF_FORMAT_PCM_U8
    case .pcm16: SF_FORMAT_PCM_16
    case .pcm24: SF_FORMAT_PCM_24
    case .pcm32: SF_FORMAT_PCM_32
    case .float32: SF_FORMAT_FLOAT
    case .float64: SF_FORMAT_DOUBLE
    }
  }
}
