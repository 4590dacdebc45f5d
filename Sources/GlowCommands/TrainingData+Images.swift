import Media
import Models
import Training

extension TrainingData {
  static func images(_ command: TrainCommand, _ output: String) throws -> TrainingData {
    let path = command.images ?? ""
    let folder = try ImageFolder(path, output: output)
    let size = command.model.size ?? ImageSize(folder.mostCommonSize)
    try check(
      size.width >= 2 && size.height >= 2,
      "\(path): the images are \(size.width)x\(size.height); a side must be at least 2")
    var model = try command.model.configuration(
      size: size, channels: command.model.channels ?? folder.channels)
    if command.classConditional {
      try check(!folder.classes.isEmpty, "--class-conditional needs every image in a subfolder")
      model.classes = folder.classes
    }
    if model.width != size.width || model.height != size.height {
      printError(
        "note: \(size.width)x\(size.height) is not divisible by \(model.unit), so images are"
          + " reduced to \(model.width)x\(model.height)")
    }
    var description = Checkpoint.DataDescription(
      images: path, width: folder.mostCommonSize.width, height: folder.mostCommonSize.height,
      channels: folder.channels)
    description.validation = command.validation
    description.validationFraction = command.validationFraction
    return try images(folder, model, description, seed: command.seed ?? 0, output)
  }

  static func images(
    resuming config: Checkpoint.Config, _ command: TrainCommand, _ output: String
  ) throws -> TrainingData {
    let folder = try ImageFolder(command.images ?? config.data.folder, output: output)
    return try images(folder, config.model, config.data, seed: config.training.seed, output)
  }

  private static func images(
    _ folder: ImageFolder, _ c: GlowConfiguration, _ description: Checkpoint.DataDescription,
    seed: UInt64, _ output: String
  ) throws -> TrainingData {
    func load(_ folder: ImageFolder, _ name: String) throws -> ImageSet {
      let set = try folder.load(width: c.width, height: c.height, channels: c.channels)
      for note in set.notes { printError("note: \(name)\(note)") }
      return set
    }
    try check(c.validationError == nil, c.validationError ?? "")
    let all = try load(folder, "")
    return try TrainingData(
      all,
      validation: try description.validation.map {
        try load(ImageFolder($0, output: output), "validation: ")
      },
      fraction: description.validationFraction, seed: seed, model: c, description: description,
      lines: [
        "size        \(c.width)x\(c.height), \(c.channels == 1 ? "gray" : "colour"), \(c.bits) bits"
          + (c.classes.isEmpty ? "" : ", \(c.classes.count) classes")
      ])
  }
}
