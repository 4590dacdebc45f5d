import Media

/// A look at all of a folder's sounds, and which of them are left out: those that are nothing but
/// silence, and if asked for those whose low bits are never used.
struct SoundLook {
  let folder: SoundFolder
  let survey: SoundSurvey
  let leavingOut: Set<Int>
  private let skipsSuspicious: Bool

  init(_ folder: SoundFolder, skippingSuspicious: Bool) {
    (self.folder, skipsSuspicious) = (folder, skippingSuspicious)
    survey = SoundSurvey(folder)
    leavingOut = Set(survey.silent + (skipsSuspicious ? survey.suspicious : []))
  }

  /// What the sounds are like, for the screen.
  func lines(of name: String = "") -> [String] {
    survey.lines.map { "data        \(name)\($0.advised)" }
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
          "holds nothing but \(survey.silent.count < leavingOut.count ? "silent or suspicious sounds" : "silence")",
        kind: .malformed)
    }
    say(survey.silent, "nothing but silence")
    if skipsSuspicious { say(survey.suspicious, "its low bits are never used") }
  }
}
