import Media
import Models
import Training

extension TrainingData {
  /// The images of a new run, and the model that suits them.
  static func images(_ command: TrainCommand, _ output: String) throws -> New {
    let path = command.images ?? ""
    let folder = try ImageFolder(path, output: output, followingLinks: command.links.follow)
    let size = command.size ?? ImageSize(folder.mostCommonSize)
    try check(
      size.width >= 2 && size.height >= 2,
      "\(path): the images are \(size.width)x\(size.height); a side must be at least 2")
    let model = try command.model.configuration(
      size: size, channels: command.channels ?? folder.channels)
    if model.width != size.width || model.height != size.height {
      note(
        "\(size.width)x\(size.height) is not divisible by \(model.unit), so images are"
          + " reduced to \(model.width)x\(model.height)")
    }
    let description = DataDescription(
      images: absolute(path), width: folder.mostCommonSize.width,
      height: folder.mostCommonSize.height, channels: folder.channels)
    return (.images(folder), model, description)
  }
}
