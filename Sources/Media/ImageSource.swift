import Dispatch
import Synchronization

/// The pixels behind an `ImageSet` and its subsets: in memory, or decoded when asked for.
final class ImageSource: Sendable {
  let width: Int
  let height: Int
  let channels: Int

  private let folder: ImageFolder
  private let files: [ImageFolder.File]
  /// Every image one after the other; empty if each is decoded when asked for.
  private let stored: [UInt8]
  /// What turned out to be bad past its header, by its position in `files`.
  private let failures: Mutex<[Int: FileError]>

  /// Decodes all the files now if they take at most `memoryLimit` bytes.
  ///
  /// Throws a `FileError` if more than one file in ten of the folder is bad.
  init(
    _ folder: ImageFolder, _ files: [ImageFolder.File], width: Int, height: Int, channels: Int,
    memoryLimit: Int
  ) throws {
    self.folder = folder
    self.files = files
    self.width = width
    self.height = height
    self.channels = channels
    if width * height * channels * files.count <= memoryLimit {
      let decoded = Self.decodeAll(files, width, height, channels)
      stored = decoded.pixels
      failures = Mutex(decoded.failures)
    } else {
      stored = []
      failures = Mutex([:])
    }
    try checkBad()
  }

  /// The files found bad so far, by their headers or by their pixels.
  var bad: [FileError] {
    folder.bad + failures.withLock { $0.sorted { $0.key < $1.key }.map(\.value) }
  }

  /// The positions in `files` that are not known to be bad.
  var goodIndices: [Int] {
    let failures = failures.withLock { $0 }
    return files.indices.filter { failures[$0] == nil }
  }

  /// Throws if more than one file in ten is bad.
  func checkBad() throws {
    if bad.count * 10 > folder.files.count + folder.bad.count { throw tooManyBad() }
  }

  func tooManyBad() -> FileError {
    let bad = bad
    let total = folder.files.count + folder.bad.count
    let first = bad.first.map { ", the first: \($0)" } ?? ""
    let reason = "\(bad.count) of \(total) images can't be read\(first)"
    return FileError(path: folder.path, reason: reason, kind: .malformed)
  }

  /// Copies one image; false, with the reason remembered, if its file is bad.
  func copy(_ i: Int, into buffer: UnsafeMutableBufferPointer<UInt8>) -> Bool {
    if !stored.isEmpty {
      let start = i * buffer.count
      _ = buffer.update(fromContentsOf: stored[start..<start + buffer.count])
      return true
    }
    if failures.withLock({ $0[i] != nil }) { return false }
    switch Self.decode(files[i].path, width, height, channels) {
    case .success(let image):
      _ = buffer.update(fromContentsOf: image.pixels)
      return true
    case .failure(let error):
      failures.withLock { $0[i] = error }
      return false
    }
  }

  /// Decodes on every core. A bad file leaves its place black; the places do not move.
  private static func decodeAll(
    _ files: [ImageFolder.File], _ width: Int, _ height: Int, _ channels: Int
  ) -> (pixels: [UInt8], failures: [Int: FileError]) {
    let size = width * height * channels
    let failures = Mutex<[Int: FileError]>([:])
    let pixels = [UInt8](unsafeUninitializedCapacity: size * files.count) { buffer, initialized in
      nonisolated(unsafe) let buffer = buffer  // Each call writes to a place of its own.
      DispatchQueue.concurrentPerform(iterations: files.count) { i in
        let place = UnsafeMutableBufferPointer(rebasing: buffer[i * size..<(i + 1) * size])
        switch decode(files[i].path, width, height, channels) {
        case .success(let image):
          _ = place.initialize(fromContentsOf: image.pixels)
        case .failure(let error):
          place.initialize(repeating: 0)
          failures.withLock { $0[i] = error }
        }
      }
      initialized = size * files.count
    }
    return (pixels, failures.withLock { $0 })
  }

  private static func decode(
    _ path: String, _ width: Int, _ height: Int, _ channels: Int
  ) -> Result<Image, FileError> {
    do {
      let image = try PNG.read(path).image
      if let fitted = image.fitted(width: width, height: height) {
        return .success(fitted.converted(channels: channels))
      }
      let reason = "is now smaller than \(width)x\(height)"
      return .failure(FileError(path: path, reason: reason, kind: .malformed))
    } catch {
      let other = FileError(path: path, reason: "\(error)", kind: .malformed)
      return .failure(error as? FileError ?? other)
    }
  }
}
