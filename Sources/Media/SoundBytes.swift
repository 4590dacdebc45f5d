import CSndFile
import Foundation

/// The part of a file that is sound, as libsndfile gets to see it: as a file of its own.
///
/// It is given raw samples and no header, so that there is nothing to disagree about, and none of
/// its many parsers, which have held most of its CVEs, ever runs.
final class SoundBytes {
  private let file: InputFile
  private let start: Int
  private let count: Int
  private var position = 0
  /// Why they could not be read the last time, which libsndfile has no way to tell.
  private(set) var failure: (any Error)?

  /// `count` bytes from `start` on, which lie in the file.
  init(_ file: InputFile, from start: Int, count: Int) {
    (self.file, self.start, self.count) = (file, start, count)
  }

  /// Opens them; `info` says what they are. They must live until what is returned is closed.
  func open(_ info: inout SF_INFO) -> Result<OpaquePointer, Reason> {
    var callbacks = SF_VIRTUAL_IO(
      get_filelen: { sf_count_t(SoundBytes.from($0)?.count ?? 0) },
      seek: { offset, origin, bytes in
        sf_count_t(SoundBytes.from(bytes)?.seek(by: Int(offset), from: origin) ?? -1)
      },
      read: { buffer, count, bytes in
        sf_count_t(SoundBytes.from(bytes)?.read(Int(count), into: buffer) ?? 0)
      },
      write: { _, _, _ in 0 },
      tell: { sf_count_t(SoundBytes.from($0)?.position ?? -1) })
    return WAV.opened {
      sf_open_virtual(
        &callbacks, Int32(SFM_READ), &info, Unmanaged.passUnretained(self).toOpaque())
    }
  }

  private static func from(_ pointer: UnsafeMutableRawPointer?) -> SoundBytes? {
    pointer.map { Unmanaged<SoundBytes>.fromOpaque($0).takeUnretainedValue() }
  }

  private func seek(by offset: Int, from origin: Int32) -> Int {
    let base = origin == SEEK_SET ? 0 : origin == SEEK_CUR ? position : count
    position = min(max(0, base + offset), count)
    return position
  }

  /// How many bytes there were; none if the file can't be read.
  private func read(_ wanted: Int, into buffer: UnsafeMutableRawPointer?) -> Int {
    let size = min(wanted, count - position)
    let place = UnsafeMutableRawBufferPointer(start: buffer, count: size)
    do {
      try file.read(into: place, at: start + position)
      position += size
      return size
    } catch {
      failure = error
      return 0
    }
  }
}
