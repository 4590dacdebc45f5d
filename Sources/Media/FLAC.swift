import CSndFile
import Foundation

/// FLAC, as a measure of how complex a sound is; no file is written.
public enum FLAC {
  /// How many bytes libsndfile's FLAC needs for a sound's frames, without the metadata before them.
  ///
  /// Throws a `FileError` with this path if it can't encode it.
  public static func encodedBytes(_ sound: Sound, _ path: String) throws -> Int {
    func failed(_ reason: String) -> FileError {
      FileError(path: path, reason: "can't be encoded as FLAC: \(reason)", kind: .malformed)
    }
    var info = SF_INFO()
    info.samplerate = Int32(sound.rate)
    info.channels = Int32(sound.channels)
    info.format = Int32(SF_FORMAT_FLAC | SF_FORMAT_PCM_16)
    var memory = MemoryFile.callbacks
    let target = MemoryFile()
    let context = Unmanaged.passUnretained(target).toOpaque()
    return try withExtendedLifetime(target) {
      let file = try WAV.opened { sf_open_virtual(&memory, Int32(SFM_WRITE), &info, context) }
        .mapError { failed($0.text) }.get()
      let written = sf_writef_short(file, sound.samples, sf_count_t(sound.frames))
      let status = sf_close(file)
      guard written == sound.frames else { throw failed("it is not written whole") }
      guard status == 0 else { throw failed(String(cString: sf_error_number(status))) }
      return target.bytes.count - metadataBytes(target.bytes)
    }
  }

  /// "fLaC", then blocks with a header of four bytes: whether it is the last, its kind, its length.
  private static func metadataBytes(_ bytes: [UInt8]) -> Int {
    var place = 4
    while place + 4 <= bytes.count {
      let isLast = bytes[place] & 0x80 != 0
      let length = bytes[place + 1..<place + 4].reduce(0) { $0 << 8 | Int($1) }
      place += 4 + length
      if isLast { break }
    }
    return min(place, bytes.count)
  }
}

/// What libsndfile writes to in place of a file.
private final class MemoryFile {
  var bytes: [UInt8] = []
  var place = 0

  static let callbacks = SF_VIRTUAL_IO(
    get_filelen: { sf_count_t(MemoryFile.of($0).bytes.count) },
    seek: { offset, whence, context in
      let file = MemoryFile.of(context)
      let start =
        switch whence {
        case SEEK_CUR: file.place
        case SEEK_END: file.bytes.count
        default: 0
        }
      file.place = max(0, start + Int(offset))
      return sf_count_t(file.place)
    },
    read: { to, count, context in
      let file = MemoryFile.of(context)
      let part = file.bytes.dropFirst(file.place).prefix(Int(count))
      part.withUnsafeBytes {
        if let base = $0.baseAddress { to?.copyMemory(from: base, byteCount: $0.count) }
      }
      file.place += part.count
      return sf_count_t(part.count)
    },
    write: { from, count, context in
      let file = MemoryFile.of(context)
      let (end, more) = (
        file.place + Int(count), UnsafeRawBufferPointer(start: from, count: Int(count))
      )
      if end > file.bytes.count {
        file.bytes += [UInt8](repeating: 0, count: end - file.bytes.count)
      }
      file.bytes.replaceSubrange(file.place..<end, with: more)
      file.place = end
      return count
    },
    tell: { sf_count_t(MemoryFile.of($0).place) })

  private static func of(_ context: UnsafeMutableRawPointer?) -> MemoryFile {
    guard let context else { preconditionFailure("libsndfile passes its context on") }
    return Unmanaged<MemoryFile>.fromOpaque(context).takeUnretainedValue()
  }
}
