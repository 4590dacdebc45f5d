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
    var description = DataDescription(
      images: absolute(path), width: folder.mostCommonSize.width,
      height: folder.mostCommonSize.height,
      channels: folder.channels)
    description.validation = command.validation.map(absolute)
    description.validationFraction = command.validationFraction
    return try images(
      folder, model, RunFiles(description, output: output), seed: command.training.seed ?? 0)
  }

  static func images(
    resuming model: GlowConfiguration, _ files: RunFiles, seed: UInt64
  ) throws -> TrainingData {
    let folder = try ImageFolder(files.description.source, output: files.output)
    return try images(folder, model, files, seed: seed)
  }

  private static func images(
    _ folder: ImageFolder, _ c: GlowConfiguration, _ files: RunFiles, seed: UInt64
  ) throws -> TrainingData {
    func load(_ folder: ImageFolder, _ name: String) throws -> ImageSet {
      let set = try folder.load(width: c.width, height: c.height, channels: c.channels)
      for note in set.notes { printError("note: \(name)\(note)") }
      return set
    }
    try check(c.validationError == nil, c.validationError ?? "")
    var files = files
    try files.add(folder.manifest())
    let all = try load(folder, "")
    let validation = try files.description.validation.map { path in
      let held = try ImageFolder(path, output: files.output)
      try files.add(validation: held.manifest())
      return try load(held, "validation: ")
    }
    return try TrainingData(
      all, validation: validation, fraction: files.description.validationFraction, seed: seed,
      model: c, files: files,
      lines: [
        "size        \(c.width)x\(c.height), \(c.channels == 1 ? "gray" : "colour"), \(c.bits) bits"
          + (c.classes.isEmpty ? "" : ", \(c.classes.count) classes")
      ])
  }
}
