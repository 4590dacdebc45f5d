import Media
import Models
import Training

/// A folder of a run's data that was looked at, and not loaded yet.
enum DataFolder {
  case images(ImageFolder)
  case sounds(SoundSelection)

  /// The folder at a path, with what a description says about how it is read, and without what a
  /// run will write to `output`. Throws a `FileError` if it can't be read, or holds nothing.
  init(_ path: String, _ medium: Medium, _ data: DataDescription, output: String? = nil) throws {
    let follows = data.followLinks == true
    if medium.isSound {
      self = .sounds(
        SoundSelection(
          try SoundFolder(path, output: output, followingLinks: follows),
          skippingSuspicious: data.skipSuspicious == true))
    } else {
      self = .images(try ImageFolder(path, output: output, followingLinks: follows))
    }
  }

  /// What the files are like, for the screen.
  func lines(of name: String = "") -> [String] {
    switch self {
    case .images: []
    case .sounds(let look): look.lines(of: name)
    }
  }

  /// What tells its files from others. Throws a `FileError` if one can't be read any more.
  func manifest() throws -> FileManifest {
    switch self {
    case .images(let folder): try folder.manifest()
    case .sounds(let look): try look.folder.manifest()
    }
  }

  /// All of it in a model's format, and on standard error what was done to it; `name` is what it is
  /// for. Throws a `FileError` if it can't be brought to that.
  func load(as format: ExampleFormat, _ data: DataDescription, of name: String = "") throws
    -> any ExampleSet
  {
    switch self {
    case .images(let folder):
      let set = try folder.load(
        width: format.width, height: format.height, channels: format.channels)
      say(set.notes, of: name)
      return set
    case .sounds(let look): return try look.load(as: format, data, of: name)
    }
  }
}

extension SoundSelection {
  /// The sounds in a model's format, and on standard error what was done to them. Throws a
  /// `FileError` if they have another rate or number of channels than what it was trained on.
  func load(
    as format: ExampleFormat, _ data: DataDescription, window: Int? = nil, of name: String = ""
  ) throws -> SoundSet {
    guard case .sound(let rate, _) = format.medium else {
      preconditionFailure("sounds for a model of images")
    }
    for file in folder.files {
      let header = file.header
      guard header.rate == rate || data.resample == true else {
        throw FileError(
          path: file.path, reason: "has \(header.rate) Hz; the model takes \(rate) Hz",
          kind: .malformed)
      }
      guard header.channels == format.channels || format.channels == 1 && (data.channels ?? 1) > 1
      else {
        throw FileError(
          path: file.path,
          reason:
            "is \(channelName(header.channels)); the model is \(channelName(format.channels))",
          kind: .malformed)
      }
    }
    try sayLeftOut(of: name)
    let set = try folder.load(
      segment: window ?? format.width, unit: format.unit,
      format: SoundFormat(rate: rate, channels: format.channels), leavingOut: leavingOut,
      failures: faults.failures)
    say(set.notes, of: name)
    return set
  }
}
