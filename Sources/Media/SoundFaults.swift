/// Which of a folder's sounds are not fit to learn from or to score.
public struct SoundFaults: Sendable {
  /// What is wrong with files whose headers could be read, by their indices.
  public let failures: [Int: FileError]
  /// The files, as indices, that are nothing but silence.
  public let silent: [Int]
  /// The files, as indices, whose samples are all multiples of 2 or more.
  public let suspicious: [Int]

  /// Reads each file until it is known to be neither silent nor suspicious: of most the beginning.
  /// What is wrong with the rest is not known then.
  public init(_ folder: SoundFolder) {
    self = SoundSurvey.read(folder) { !$0.isSilent && $0.step == 1 }.faults
  }

  init(_ files: [SoundStatistics?], _ failures: [Int: FileError]) {
    self.failures = failures
    silent = files.indices.filter { files[$0]?.isSilent == true }
    suspicious = files.indices.filter { (files[$0]?.step ?? 1) > 1 }
  }
}
