extension [PNG.Header] {
  /// How many images with these headers are cropped or scaled down to a size, and how many others
  /// are left out, in a line if there are some: a warning if those are more than the rest.
  public func sizeNotes(width: Int, height: Int, leavingOut tooSmall: Int = 0) -> [Note] {
    let fitted = count { $0.width != width || $0.height != height }
    let changes = [
      fitted > 0 ? "\(grouped(fitted)) cropped or scaled down" : nil,
      tooSmall > 0 ? "\(grouped(tooSmall)) smaller and left out" : nil,
    ].compactMap { $0 }
    if changes.isEmpty { return [] }
    let all = counted(count + tooSmall, "image")
    let text = "\(grouped(fitted + tooSmall)) of \(all) had another size than \(width)x\(height): "
    let isMost = tooSmall > count
    return [
      Note(
        text + changes.joined(separator: ", "), remedy: isMost ? .smallerSize : nil,
        isWarning: isMost)
    ]
  }

  /// What is changed in images with these headers when they are taken as 8 bits of so many
  /// channels, each a line.
  public func reductionNotes(channels: Int) -> [Note] {
    var notes: [Note] = []
    func note(_ text: String, where matches: (PNG.Header) -> Bool) {
      let count = count(where: matches)
      if count > 0 { notes.append("\(text) in \(counted(count, "image"))") }
    }
    note("alpha was composed over black") { $0.hasAlpha }
    note("16-bit samples were reduced to 8 bits") { $0.bitDepth == 16 }
    let converted = count { $0.channels != channels }
    if converted > 0 {
      let conversion = channels == 1 ? "RGB to gray" : "gray to RGB"
      notes.append("\(counted(converted, "image")) turned from \(conversion)")
    }
    return notes
  }
}

extension [WAV.Header] {
  /// What is changed in sounds with these headers when they are taken as 16 bits of one format,
  /// each a line.
  public func reductionNotes(_ format: SoundFormat) -> [Note] {
    var notes: [Note] = []
    func note(_ text: String, where matches: (WAV.Header) -> Bool) {
      let count = count(where: matches)
      if count > 0 { notes.append("\(counted(count, "sound")) \(text)") }
    }
    note("resampled to \(format.rate) Hz") { $0.rate != format.rate }
    note("mixed to mono") { $0.channels != format.channels }
    note("of more than 16 bits rounded to 16") { ![.pcm8, .pcm16].contains($0.encoding) }
    return notes
  }
}
