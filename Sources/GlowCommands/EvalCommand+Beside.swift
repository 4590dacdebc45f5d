import ArgumentParser
import Media
import Models
import Training

extension EvalCommand {
  /// A model to score by as well, and the command that says how.
  typealias Other = (command: EvalCommand, checkpoint: Checkpoint, glow: Glow)

  /// The model that `--beside` names, to score the same windows; nil where it names none. Throws a
  /// `FileError` or a usage error where that model can't score what this one does.
  func other(beside model: any Model) throws -> Other? {
    guard let beside else { return nil }
    guard let glow = model as? Glow else {
      throw ValidationError("--beside is for models of images and sounds")
    }
    var other = self
    other.model.checkpoint = beside
    (other.beside, other.perFile, other.perRow, other.record) = (nil, nil, nil, nil)
    let (checkpoint, second) = try other.model.load()
    let (own, its) = (glow.configuration.format, second.configuration.format)
    let isAlike =
      switch (own.medium, its.medium) {
      case (.sound(let rate, _), .sound(let itsRate, _)): rate == itsRate
      case (.images, .images):
        own.medium == its.medium && own.width == its.width && own.height == its.height
      default: false
      }
    guard isAlike, own.channels == its.channels else {
      throw FileError(
        path: checkpoint.path, reason: "is a model of \(its.words), the other of \(own.words)",
        kind: .malformed)
    }
    _ = try className.map(second.configuration.label)
    if own.medium.isSound {
      let width = window ?? own.width
      try check(
        width % its.unit == 0,
        "windows of \(width) frames do not suit \(beside), whose levels divide by \(its.unit); "
          + "--window says others")
    }
    return (other, checkpoint, second)
  }
}

extension ExampleFormat {
  /// What they are, in words.
  fileprivate var words: String {
    switch medium {
    case .images(let bits):
      "\(width)x\(height) images of \(counted(bits, "bit")), "
        + (channels == 1 ? "gray" : "colour")
    case .sound(let rate, _): "\(channelName(channels)) sounds at \(rate) Hz"
    }
  }
}
