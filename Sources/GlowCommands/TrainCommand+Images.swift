import Media
import Models
import Training

extension TrainCommand {
  /// What a new run learns from, and the model that suits it.
  typealias New = (data: TrainingData.New, model: GlowConfiguration)

  /// The images of a new run, and the model that suits them.
  func images(_ path: String, output: String) throws -> New {
    let folder = try ImageFolder(path, output: output, followingLinks: links.follow)
    let size = self.size ?? ImageSize(folder.mostCommonSize)
    guard size.width >= 2 && size.height >= 2 else {
      throw FileError(
        path: path,
        reason: "holds images of \(size.width)x\(size.height); a side must be at least 2",
        kind: .malformed)
    }
    let model = try self.model.configuration(
      size: size, channels: channels ?? folder.channels, minutes: training.minutes)
    if model.width != size.width || model.height != size.height {
      note(
        "\(size.width)x\(size.height) is not divisible by \(model.unit), so images are"
          + " reduced to \(model.width)x\(model.height)")
    }
    let description = DataDescription(
      images: absolute(path), width: folder.mostCommonSize.width,
      height: folder.mostCommonSize.height, channels: folder.channels)
    return ((.images(folder), model.format, description), model)
  }
}
