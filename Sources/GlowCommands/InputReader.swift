import ArgumentParser
import Foundation
import Media
import Models
import Training

/// Whether files are brought to what a model takes.
struct ConversionOptions: ParsableArguments {
  @Flag(
    help: "Crop, scale down, convert, mix and resample to what the model takes, as training does.")
  var fit = false
}

/// Files and folders as a model takes them, for the verbs that turn them into latents. What was
/// changed in them is said.
struct InputReader {
  private let format: ExampleFormat
  private let fits: Bool
  private let followsLinks: Bool

  /// A reader for a model of this format; it refuses what the model does not take as it is, unless
  /// it `fits` it.
  init(_ format: ExampleFormat, _ fit: ConversionOptions, followingLinks: Bool = false) {
    (self.format, fits, followsLinks) = (format, fit.fit, followingLinks)
  }

  /// What was read, each with its name: a file's own, or its path below the folder that was given.
  typealias Read<T> = (values: [T], names: [String])

  /// Images of the model's shape. Throws a `FileError` if one can't be read, or brought to it.
  func images(_ paths: [String]) throws -> Read<Image> {
    var read: Read<Image> = ([], [])
    var headers: [PNG.Header] = []
    for path in paths {
      if Self.isFolder(path) {
        let folder = try ImageFolder(path, followingLinks: followsLinks)
        for file in folder.files { try check(file.header, file.path) }
        let set = try folder.load(
          width: format.width, height: format.height, channels: format.channels)
        say(set.notes)
        try add(set, below: path, to: &read, set.image)
      } else {
        let header = try PNG.header(of: path)
        try check(header, path)
        let whole = try PNG.read(path).image
        guard let image = whole.fitted(width: format.width, height: format.height) else {
          throw FileError(
            path: path,
            reason: "is \(whole.width)x\(whole.height), smaller than the model's "
              + "\(format.width)x\(format.height); nothing is scaled up", kind: .malformed)
        }
        read.values.append(image.converted(channels: format.channels))
        read.names.append(Self.lastPart(path))
        headers.append(header)
      }
    }
    say(
      headers.sizeNotes(width: format.width, height: format.height)
        + headers.reductionNotes(channels: format.channels))
    return read
  }

  /// Sounds of the model's rate and channels; throws as `images`.
  func sounds(_ paths: [String]) throws -> Read<Sound> {
    let each = try soundsOfEach(paths)
    return (each.flatMap(\.values), each.flatMap(\.names))
  }

  /// As `sounds`, what each of the paths holds by itself.
  func soundsOfEach(_ paths: [String]) throws -> [Read<Sound>] {
    guard case .sound(let rate, _) = format.medium else {
      preconditionFailure("sounds for a model of images")
    }
    let kind = SoundFormat(rate: rate, channels: format.channels)
    var headers: [WAV.Header] = []
    let each: [Read<Sound>] = try paths.map { path in
      var read: Read<Sound> = ([], [])
      if Self.isFolder(path) {
        let folder = try SoundFolder(path, followingLinks: followsLinks)
        for file in folder.files { try check(file.header, file.path, kind) }
        let set = try folder.load(segment: format.width, unit: format.unit, format: kind)
        say(set.notes)
        try add(set, below: path, to: &read, set.sound)
        sayClamped(set.clamped, in: path)
      } else {
        let header = try WAV.header(of: path)
        try check(header, path, kind)
        let (sound, clamped) = try SoundReader(path, format: kind).whole()
        headers.append(header)
        read.values.append(sound)
        read.names.append(Self.lastPart(path))
        sayClamped(clamped, in: path)
      }
      return read
    }
    say(headers.reductionNotes(kind))
    return each
  }

  /// Adds what a folder holds, without what can't be read, which is said.
  private func add<T>(
    _ set: some ExampleSet, below folder: String, to read: inout Read<T>,
    _ value: (Int) throws -> T
  ) throws {
    let prefix = folder.hasSuffix("/") ? folder : folder + "/"
    for (i, path) in set.paths.enumerated() {
      do {
        read.values.append(try value(i))
        read.names.append(path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : path)
      } catch let error as FileError where error.path == path {
        say(["passed over \(error)"])
      }
    }
  }

  private func check(_ header: PNG.Header, _ path: String) throws {
    if fits { return }
    guard header.width == format.width, header.height == format.height else {
      throw FileError(
        path: path,
        reason:
          "is \(header.width)x\(header.height); the model takes \(format.width)x\(format.height); "
          + "--fit crops and scales it down", kind: .malformed)
    }
    guard format.channels == 3 || header.channels == 1 else {
      throw FileError(
        path: path, reason: "is in colour; the model is gray; --fit converts it", kind: .malformed)
    }
  }

  private func check(_ header: WAV.Header, _ path: String, _ format: SoundFormat) throws {
    guard !fits, header.format != format else { return }
    // channels are mixed to one, and not to another number
    let canFit = format.channels == 1 || format.channels == header.channels
    throw FileError(
      path: path,
      reason: "is \(channelName(header.channels)) at \(header.rate) Hz; the model takes "
        + "\(channelName(format.channels)) at \(format.rate) Hz"
        + (canFit ? "; --fit brings it to that" : ""),
      kind: .malformed)
  }

  /// Whether there is a folder at a path.
  static func isFolder(_ path: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  private static func lastPart(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }
}

/// Says how many samples of a file had to be clamped.
func sayClamped(_ count: Int, in path: String) {
  if count > 0 { note("\(path): \(counted(count, "sample")) clamped to 16 bits") }
}
