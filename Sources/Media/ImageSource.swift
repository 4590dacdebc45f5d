import Dispatch
import Synchronization

/// The pixels behind an `ImageSet` and its subsets: in memory, or decoded when asked for.
final class ImageSource: Sendable {
  let width: Int
  let height: Int
  let channels: Int

  /// What turned out to be bad, past its header by its position in `files`.
  let failures: FailureLog

  private let files: [ImageFolder.File]
  /// Every image one after the other; empty if each is decoded when asked for.
  private let stored: [UInt8]

  /// Decodes all the files now if they take at most `memoryLimit` bytes.
  ///
  /// Throws a `FileError` if more than one file in ten of the folder is bad.
  init(
    _ folder: ImageFolder, _ files: [ImageFolder.File], width: Int, height: Int, channels: Int,
    memoryLimit: Int
  ) throws {
    self.files = files
    self.width = width
    self.height = height
    self.channels = channels
    let decoded =
      width * height * channels * files.count <= memoryLimit
      ? Self.decodeAll(files, width, height, channels) : (pixels: [], failures: [:])
    stored = decoded.pixels
    failures = FailureLog(
      folder: folder.path, noun: "image", readable: folder.files.count, bad: folder.bad,
      later: decoded.failures)
    try failures.check()
  }

  /// The positions in `files` that are not known to be bad.
  var goodIndices: [Int] { files.indices.filter { failures[$0] == nil } }

  /// How many of these images are different; nil where they are not in memory.
  func distinct(_ indices: [Int]) -> Int? {
    guard !stored.isEmpty else { return nil }
    let size = width * height * channels
    return stored.withUnsafeBytes { bytes in
      Set(
        indices.map { i in
          var hasher = Hasher()
          hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: bytes[i * size..<(i + 1) * size]))
          return hasher.finalize()
        }
      ).count
    }
  }

  /// Copies one image, or returns what is wrong with its file, which is remembered.
  func copy(_ i: Int, into buffer: UnsafeMutableBufferPointer<Int16>) -> FileError? {
    if !stored.isEmpty {
      let start = i * buffer.count
      for k in buffer.indices { buffer[k] = Int16(stored[start + k]) }
      return nil
    }
    if let known = failures[i] { return known }
    switch Self.decode(files[i].path, width, height, channels) {
    case .success(let image):
      for (k, pixel) in image.pixels.enumerated() { buffer[k] = Int16(pixel) }
      return nil
    case .failure(let error):
      failures.add(error, of: i)
      return error
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
