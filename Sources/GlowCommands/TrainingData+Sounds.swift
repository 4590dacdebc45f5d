import Media
import Models
import Training

extension TrainingData {
  static func sounds(
    _ path: String, _ command: TrainCommand, _ output: String
  ) throws -> TrainingData {
    let folder = try SoundFolder(path, output: output)
    let (options, model) = (command.audioOptions, command.model)
    let isMono = model.channels == 1
    let rate = options.sampleRate
    try check(
      rate == nil || options.resample || folder.files.allSatisfy { $0.header.rate == rate },
      "--sample-rate \(rate ?? 0) is not that of the sounds; --resample brings them to it")
    let format = try folder.format(resample: options.resample, rate: rate, mono: isMono)
    try check(
      model.channels.map { $0 == format.channels } ?? true,
      "--channels can be 1 for sounds, or what they have, \(format.channels)")
    let seen = Seen(
      folder, skippingSuspicious: options.skipSuspicious, quiet: command.training.quiet)
    var c = GlowConfiguration.suited(
      typical: folder.typicalLength(format, leavingOut: seen.leavingOut),
      channels: format.channels, rate: format.rate, segment: model.segment, levels: model.levels,
      steps: model.steps, hidden: model.width, layers: model.layers)
    c.coupling = model.coupling ?? c.coupling
    var description = DataDescription(
      audio: absolute(path), channels: folder.files.map(\.header.channels).max() ?? 1,
      resample: options.resample,
      skipSuspicious: options.skipSuspicious)
    description.validation = command.validation.map(absolute)
    description.validationFraction = command.validationFraction
    return try sounds(
      folder, seen, c, RunFiles(description, output: output),
      isConditional: command.classConditional,
      seed: command.training.seed ?? 0, quiet: command.training.quiet)
  }

  static func sounds(
    resuming model: GlowConfiguration, _ files: RunFiles, seed: UInt64, quiet: Bool
  ) throws -> TrainingData {
    let folder = try SoundFolder(files.description.source, output: files.output)
    let seen = Seen(
      folder, skippingSuspicious: files.description.skipSuspicious == true, quiet: quiet)
    return try sounds(
      folder, seen, model, files, isConditional: !model.classes.isEmpty, seed: seed, quiet: quiet)
  }

  private static func sounds(
    _ folder: SoundFolder, _ seen: Seen, _ model: GlowConfiguration,
    _ files: RunFiles, isConditional: Bool, seed: UInt64, quiet: Bool
  ) throws -> TrainingData {
    var (c, files) = (model, files)
    let description = files.description
    try files.add(folder.manifest())
    try check(c.validationError == nil, c.validationError ?? "")
    func load(_ folder: SoundFolder, _ seen: Seen, _ name: String) throws -> SoundSet {
      guard seen.leavingOut.count < folder.files.count else {
        throw FileError(
          path: folder.path, reason: "holds nothing but silent or suspicious sounds",
          kind: .malformed)
      }
      let set = try folder.load(
        for: c, description, leavingOut: seen.leavingOut, failures: seen.survey.failures)
      for note in set.notes { printError("note: \(name)\(note)") }
      return set
    }
    let all = try load(folder, seen, "")
    if isConditional {
      try check(!all.classes.isEmpty, "--class-conditional needs every sound in a subfolder")
      c.classes = all.classes
    }
    let validation = try description.validation.map { path in
      let held = try SoundFolder(path, output: files.output)
      try files.add(validation: held.manifest())
      let seen = Seen(
        held, skippingSuspicious: description.skipSuspicious == true, quiet: quiet,
        name: "validation: ")
      return try load(held, seen, "validation: ")
    }
    let seconds = Double(c.width) / Double(all.format.rate)
    return try TrainingData(
      all, validation: validation, fraction: description.validationFraction, seed: seed, model: c,
      files: files,
      lines: [
        "segment     \(grouped(c.width)) frames, \(seconds.formatted(2)) s at "
          + "\(all.format.rate) Hz, \(channelName(c.channels))"
          + (c.classes.isEmpty ? "" : ", \(c.classes.count) classes")
      ])
  }

  /// A look at all of a folder's sounds, said, and which of them are left out.
  private struct Seen {
    let survey: SoundSurvey
    let leavingOut: Set<Int>

    init(_ folder: SoundFolder, skippingSuspicious: Bool, quiet: Bool, name: String = "") {
      survey = SoundSurvey(folder)
      leavingOut = Set(survey.silent + (skippingSuspicious ? survey.suspicious : []))
      if !quiet { for line in survey.lines { print("data        \(name)\(line)") } }
      func say(_ files: [Int], _ reason: String) {
        for i in files.prefix(10) {
          printError("note: \(name)left out \(folder.files[i].path): \(reason)")
        }
        if files.count > 10 {
          printError("note: \(name)left out \(grouped(files.count - 10)) more: \(reason)")
        }
      }
      say(survey.silent, "nothing but silence")
      if skippingSuspicious { say(survey.suspicious, "its low bits are never used") }
    }
  }
}

/// 1 as mono, 2 as stereo.
func channelName(_ channels: Int) -> String {
  channels == 1 ? "mono" : channels == 2 ? "stereo" : "\(channels) channels"
}
