import Media

/// A look at a folder's sounds, and which of them are left out: those that are nothing but
/// silence, and if asked for those whose low bits are never used.
struct SoundSelection {
  let folder: SoundFolder
  let faults: SoundFaults
  let leavingOut: Set<Int>
  private let survey: SoundSurvey?
  private let skipsSuspicious: Bool

  /// A look at all of them, to learn from.
  init(_ folder: SoundFolder, skippingSuspicious: Bool) {
    let survey = SoundSurvey(folder)
    self.init(folder, survey, survey.faults, skippingSuspicious)
  }

  /// A look that is over soon, to score them.
  init(scoring folder: SoundFolder, skippingSuspicious: Bool) {
    self.init(folder, nil, SoundFaults(folder), skippingSuspicious)
  }

  private init(
    _ folder: SoundFolder, _ survey: SoundSurvey?, _ faults: SoundFaults, _ skipsSuspicious: Bool
  ) {
    (self.folder, self.survey, self.faults) = (folder, survey, faults)
    self.skipsSuspicious = skipsSuspicious
    leavingOut = Set(faults.silent + (skipsSuspicious ? faults.suspicious : []))
  }

  /// What the sounds are like, for the screen; nothing of those to score.
  func lines(of name: String = "") -> [String] {
    (survey?.lines ?? []).map { "data        \(name)\($0.advised)" }
  }

  /// Names what is left out. Throws a `FileError` if that is all.
  func sayLeftOut(of name: String) throws {
    func say(_ files: [Int], _ reason: String) {
      for i in files.prefix(10) {
        note("\(name)left out \(folder.files[i].path): \(reason)")
      }
      if files.count > 10 {
        note("\(name)left out \(grouped(files.count - 10)) more: \(reason)")
      }
    }
    guard leavingOut.count < folder.files.count else {
      throw FileError(
        path: folder.path,
        reason:
          "holds nothing but \(faults.silent.count < leavingOut.count ? "silent or suspicious sounds" : "silence")",
        kind: .malformed)
    }
    say(faults.silent, "nothing but silence")
    if skipsSuspicious { say(faults.suspicious, "its low bits are never used") }
  }
}
