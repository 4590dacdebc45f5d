import Media

/// What a rank found out about the batches of windows that it scored.
struct EvaluationShare: Codable {
  /// A batch: its number among all, and log p of each of its windows that could be read, by all
  /// draws and by one in the mean.
  struct Batch: Codable {
    let number: Int
    /// Places in the batch.
    let windows: [Int]
    /// The bits of the numbers: no text in between may round them, or refuse those not finite.
    let bits, boundBits: [UInt64]
  }

  /// A file that can't be read.
  struct Bad: Codable {
    let file: Int
    let reason: String
    let isMissing: Bool
  }

  var batches: [Batch] = []
  var bad: [Bad] = []

  mutating func add(_ errors: [Int: FileError]) {
    bad = errors.map { Bad(file: $0, reason: $1.reason, isMissing: $1.kind == .missing) }
  }
}

extension EvaluationShare.Bad {
  func error(_ paths: [String]) -> FileError {
    FileError(path: paths[file], reason: reason, kind: isMissing ? .missing : .malformed)
  }
}
