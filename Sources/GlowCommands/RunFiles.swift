import Foundation
import Media
import Training

/// Which files a run learns from: remembered of a new run, compared in one to go on with.
struct RunFiles {
  /// The name of the list of the folder's files in a run's directory.
  static let listName = "files.jsonl"
  /// The name of the list of what is held out to validate on, for people.
  static let heldOutName = "validation.txt"
  /// The name of the list of the validation folder's files.
  static let validationListName = "validation-files.jsonl"

  /// Where the data are, with the fingerprints of what was looked at.
  private(set) var description: DataDescription
  private let own: String?
  private var lists: [(name: String, files: FileManifest)] = []

  /// The files of a run; `own` is the directory of the one that is gone on with.
  init(_ description: DataDescription, resuming own: String? = nil) {
    (self.description, self.own) = (description, own)
  }

  /// Looks at the folder to learn. Throws a `FileError` that names the first difference from what
  /// the run began with.
  mutating func add(_ files: FileManifest) throws {
    try compare(files, description.fingerprint, description.source, Self.listName)
    description.fingerprint = files.fingerprint
  }

  /// Looks at the folder to validate on; throws as `add`.
  mutating func add(validation files: FileManifest) throws {
    let folder = description.validation ?? ""
    try compare(files, description.validationFingerprint, folder, Self.validationListName)
    description.validationFingerprint = files.fingerprint
  }

  private mutating func compare(
    _ files: FileManifest, _ fingerprint: String?, _ folder: String, _ name: String
  ) throws {
    if let fingerprint, fingerprint != files.fingerprint {
      let old = own.flatMap { try? FileManifest(reading: "\($0)/\(name)") }
      let difference = old.flatMap {
        $0.fingerprint == fingerprint ? files.difference(from: $0) : nil
      }
      throw FileError(
        path: folder,
        reason: "does not hold what the run began with" + (difference.map { ": \($0)" } ?? ""),
        kind: .malformed)
    }
    lists.append((name, files))
  }

  /// Writes the lists into the run's directory, that of what is held out with a path a line. Throws
  /// a `FileError` if it can't.
  func write(to directory: String, heldOut: (any ExampleSet)?) throws {
    for (name, files) in lists { try files.write(to: "\(directory)/\(name)") }
    guard let heldOut else { return }
    let stretches = (heldOut as? SoundSet)?.stretches
    let lines = heldOut.paths.enumerated().map { i, path in
      let end = stretches.flatMap { $0[i].lowerBound > 0 ? $0[i] : nil }
      return FileError.oneLine(absolute(path))
        + (end.map { "\tframes \($0.lowerBound) to \($0.upperBound - 1)" } ?? "") + "\n"
    }
    try AtomicFile.write(lines.joined(), to: "\(directory)/\(Self.heldOutName)")
  }
}

extension DataDescription {
  /// With its folder, and the one to validate on, where they are now, if that is given.
  func moved(to folder: String?, validation: String?) -> Self {
    var moved = self
    if let folder { moved.move(to: absolute(folder)) }
    if let validation { moved.validation = absolute(validation) }
    return moved
  }

  /// With its folder elsewhere.
  mutating func move(to path: String) {
    if images != nil { images = path } else { audio = path }
  }
}

/// A path from the root on.
func absolute(_ path: String) -> String {
  URL(fileURLWithPath: path).standardizedFileURL.path
}
