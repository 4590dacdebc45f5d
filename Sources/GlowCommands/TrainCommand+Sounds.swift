import Media
import Models
import Training

extension TrainCommand {
  /// The sounds of a new run, and the model that suits them.
  func sounds(_ path: String, output: String) throws -> New {
    let folder = try SoundFolder(path, output: output, followingLinks: links.follow)
    let options = audioOptions
    let isMono = channels == 1
    let rate = options.sampleRate
    try check(
      rate == nil || options.resamples || folder.files.allSatisfy { $0.header.rate == rate },
      "--sample-rate \(rate ?? 0) is not that of the sounds; --resample brings them to it")
    let format = try folder.format(resample: options.resamples, rate: rate, mono: isMono)
    try check(
      channels.map { $0 == format.channels } ?? true,
      "--channels can be 1 for sounds, or what they have, \(format.channels)")
    let look = SoundSelection(folder, skippingSuspicious: options.skipsSuspicious)
    var c = GlowConfiguration.suited(
      typical: folder.typicalLength(format, leavingOut: look.leavingOut),
      channels: format.channels, rate: format.rate, segment: segment, levels: model.levels,
      steps: model.steps, hidden: model.width, layers: model.layers)
    try model.couple(&c)
    if condition != nil {
      try check(
        format.channels == 1, "a mel spectrum is of a mono sound; --channels 1 mixes to that")
      c.condition = try mel.condition(rate: format.rate)
    }
    let description = DataDescription(
      audio: absolute(path), channels: folder.files.map(\.header.channels).max() ?? 1,
      resample: options.resamples, skipSuspicious: options.skipsSuspicious)
    return ((.sounds(look), c.format, description), c)
  }
}

/// 1 as mono, 2 as stereo.
func channelName(_ channels: Int) -> String {
  channels == 1 ? "mono" : channels == 2 ? "stereo" : "\(channels) channels"
}
