import Flows
import Media
import Training

extension TrainingData {
  static func sounds(_ path: String, _ command: TrainCommand) throws -> TrainingData {
    let folder = try SoundFolder(path)
    let (options, model) = (command.audioOptions, command.model)
    let isMono = model.channels == 1
    let rate = options.sampleRate
    try check(
      rate == nil || options.resample || folder.files.allSatisfy { $0.header.rate == rate },
      "--sample-rate \(rate ?? 0) is not that of the sounds; --resample brings them to it")
    let format = try folder.format(resample: options.resample, rate: rate, mono: isMono)
    try check(
      model.channels.map { $0 == format.channels } ?? true,
      "--channels can be 1, or the \(format.channels) that the sounds have")
    var c = GlowConfiguration.suited(
      typical: try folder.defaultSegment(unit: 1, format: format), channels: format.channels,
      rate: format.rate, segment: model.segment, levels: model.levels, steps: model.steps,
      hidden: model.width, layers: model.layers)
    c.coupling = model.coupling ?? c.coupling
    if command.classConditional {
      try check(!folder.classes.isEmpty, "--class-conditional needs every sound in a subfolder")
      c.classes = folder.classes
    }
    var description = Checkpoint.DataDescription(
      audio: path, channels: folder.files[0].header.channels, resample: options.resample,
      skipSuspicious: options.skipSuspicious)
    description.validation = command.validation
    description.validationFraction = command.validationFraction
    return try sounds(folder, c, description, seed: command.seed ?? 0, quiet: command.quiet)
  }

  static func sounds(resuming config: Checkpoint.Config, _ command: TrainCommand) throws
    -> TrainingData
  {
    let folder = try SoundFolder(command.audio ?? config.data.folder)
    return try sounds(
      folder, config.model, config.data, seed: config.training.seed, quiet: command.quiet)
  }

  private static func sounds(
    _ folder: SoundFolder, _ c: GlowConfiguration, _ description: Checkpoint.DataDescription,
    seed: UInt64, quiet: Bool
  ) throws -> TrainingData {
    try check(c.defect == nil, c.defect ?? "")
    func load(_ folder: SoundFolder, _ name: String) throws -> SoundSet {
      let survey = SoundSurvey(folder)
      if !quiet { for line in survey.lines { print("data        \(name)\(line)") } }
      for i in survey.silent.prefix(10) {
        printError("note: \(name)passed over \(folder.files[i].path): is nothing but silence")
      }
      let suspicious = description.skipSuspicious == true ? survey.suspicious : []
      if !suspicious.isEmpty {
        printError("note: \(name)\(grouped(suspicious.count)) suspicious sounds left out")
      }
      let set = try folder.load(
        for: c, description, leavingOut: Set(survey.silent + suspicious),
        failures: survey.failures)
      for note in set.notes { printError("note: \(name)\(note)") }
      return set
    }
    let all = try load(folder, "")
    let seconds = Double(c.width) / Double(all.format.rate)
    return try TrainingData(
      all,
      validation: try description.validation.map { try load(SoundFolder($0), "validation: ") },
      fraction: description.validationFraction, seed: seed, model: c, description: description,
      lines: [
        "segment     \(grouped(c.width)) frames, \(seconds.formatted(2)) s at "
          + "\(all.format.rate) Hz, \(channelName(c.channels))"
          + (c.classes.isEmpty ? "" : ", \(c.classes.count) classes")
      ])
  }
}

/// 1 as mono, 2 as stereo.
func channelName(_ channels: Int) -> String {
  channels == 1 ? "mono" : channels == 2 ? "stereo" : "\(channels) channels"
}

extension SoundFolder {
  /// The sounds as a model wants them. Throws a `FileError` if they have another rate or number of
  /// channels than what it was trained on.
  func load(
    for c: GlowConfiguration, _ data: Checkpoint.DataDescription, window: Int? = nil,
    leavingOut: Set<Int> = [], failures: [Int: FileError] = [:]
  ) throws -> SoundSet {
    let rate = c.audio?.rate ?? 0
    for file in files {
      let header = file.header
      guard header.rate == rate || data.resample == true else {
        throw FileError(
          path: file.path, reason: "has \(header.rate) Hz; the model takes \(rate) Hz",
          kind: .malformed)
      }
      guard header.channels == c.channels || c.channels == 1 && data.channels > 1 else {
        throw FileError(
          path: file.path,
          reason: "is \(channelName(header.channels)); the model is \(channelName(c.channels))",
          kind: .malformed)
      }
    }
    return try load(
      segment: window ?? c.width, unit: c.unit,
      format: SoundFormat(rate: rate, channels: c.channels), leavingOut: leavingOut,
      failures: failures)
  }
}
