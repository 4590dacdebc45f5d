import Foundation
import Media
import Models
import Tensors
import Training

/// A model in memory, and what was found out with it.
final class LoadedModel {
  let checkpoint: Checkpoint
  let stamp: FileStamp?
  let model: any Model
  private var means: [ClassMean: Latents] = [:]

  private struct ClassMean: Hashable {
    let name: String
    let frames: Int?
  }

  /// Examples that the mean latent of a class is taken of: of sounds, of which each takes longer, so
  /// few that the two means of a first slide are there within half a second.
  private var examplesPerClass: Int { format?.medium.isSound == true ? 12 : 24 }
  /// Means that are kept; of sounds there is one for each length.
  private static let mostMeans = 64

  /// The best weights in a run's directory, or those of a file. Throws a `FileError`.
  init(_ path: String) throws {
    checkpoint = try Checkpoint(reading: path)
    stamp = FileStamp(checkpoint.path)
    model = try checkpoint.model()
    if let glow = model as? Glow, glow.configuration.condition != nil {
      throw Refusal.impossible("this model is told spectra: glow vocode draws from it")
    }
  }

  /// Whether the file is no longer what was read.
  var isStale: Bool { FileStamp(checkpoint.path) != stamp }

  /// Throws a refusal if the model is of another kind.
  var glow: Glow {
    get throws {
      guard let glow = model as? Glow else {
        throw Refusal.impossible("this model has no levels")
      }
      return glow
    }
  }

  /// What images or sounds it takes; nil of tables.
  var format: ExampleFormat? {
    (model as? Glow)?.configuration.format ?? (model as? VAE)?.configuration.format
  }

  /// The classes that it can be told, and those whose examples can be compared.
  var classes: [String] { (model as? Glow)?.configuration.classes ?? [] }
  lazy var comparableClasses: [String] = {
    guard model is Glow else { return [] }
    return classes.isEmpty ? folders : classes
  }()

  private var dataFolder: String? { checkpoint.config.data.images ?? checkpoint.config.data.audio }

  private var folders: [String] {
    guard let dataFolder else { return [] }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: dataFolder)) ?? []
    return names.filter { name in
      var isFolder: ObjCBool = false
      return !name.hasPrefix(".")
        && FileManager.default.fileExists(
          atPath: Folder.path(dataFolder, name), isDirectory: &isFolder)
        && isFolder.boolValue
    }.sorted()
  }

  /// The number of a class. Throws a refusal if there is none of that name.
  func label(_ name: String?) throws -> Int? {
    guard let name, !name.isEmpty else { return nil }
    guard let label = classes.firstIndex(of: name) else {
      throw Refusal.impossible("the model has no class \(name)")
    }
    return label
  }

  // MARK: Latents

  /// The latents of examples of one size.
  func latents(of examples: [Example]) throws -> Latents {
    let names = examples.indices.map { "\($0)" }
    if let vae = model as? VAE {
      return Latents(of: try examples.map { try image($0) }, names: names, in: vae, seed: nil)
    }
    let glow = try glow
    switch glow.configuration.medium {
    case .images:
      return Latents(of: try examples.map { try image($0) }, names: names, in: glow)
    case .sound: return Latents(of: try examples.map { try sound($0) }, names: names, in: glow)
    }
  }

  /// What latents stand for.
  func examples(of latents: Latents) throws -> [Example] {
    if let vae = model as? VAE { return try latents.images(in: vae).map(Example.image) }
    let glow = try glow
    switch glow.configuration.medium {
    case .images: return try latents.images(in: glow).map(Example.image)
    case .sound: return try latents.sounds(in: glow).map(Example.sound)
    }
  }

  /// Throws a refusal if the example is none of this model.
  func image(_ example: Example) throws -> Image {
    guard case .image(let image) = example, let format, image.width == format.width,
      image.height == format.height, image.channels == format.channels
    else { throw Refusal.impossible("the image is not of this model's size") }
    return image
  }

  private func sound(_ example: Example) throws -> Sound {
    guard case .sound(let sound) = example, sound.channels == format?.channels else {
      throw Refusal.impossible("not a sound of this model")
    }
    return sound
  }

  /// The mean latent of a class, of sounds of so many frames: of the data where they are, else of
  /// draws.
  func mean(of name: String, frames: Int?) throws -> Latents {
    let key = ClassMean(name: name, frames: frames)
    if let mean = means[key] { return mean }
    guard comparableClasses.contains(name) else {
      throw Refusal.impossible("there is no class \(name)")
    }
    let examples = (try? read(name, frames)).flatMap { $0.isEmpty ? nil : $0 }
    let mean = try latents(of: examples ?? draw(name, frames)).mean
    if means.count == Self.mostMeans { means = [:] }
    means[key] = mean
    return mean
  }

  /// Examples of a class, spread over its files, of which only these are decoded.
  private func read(_ name: String, _ frames: Int?) throws -> [Example] {
    guard let dataFolder, let format else { return [] }
    let path = Folder.path(dataFolder, name)
    let followsLinks = checkpoint.config.data.followLinks ?? false
    guard case .sound(let rate, _) = format.medium, let frames else {
      let files = try ImageFolder(path, followingLinks: followsLinks).files.filter {
        $0.header.width >= format.width && $0.header.height >= format.height
      }
      return try files.spread(most: examplesPerClass).map {
        try Example(fitting: WholeFile.read($0.path), to: format, mostSeconds: 0)
      }
    }
    let files = try SoundFolder(path, followingLinks: followsLinks).files.filter {
      $0.header.frames * rate / $0.header.rate >= frames
    }
    let kind = SoundFormat(rate: rate, channels: format.channels)
    return try files.spread(most: examplesPerClass).map {
      .sound(try SoundReader($0.path, format: kind).sound(0..<frames).sound)
    }
  }

  private func draw(_ name: String, _ frames: Int?) throws -> [Example] {
    let (glow, label) = (try glow, try label(name))
    guard label != nil else {
      throw Refusal.impossible("there are no examples of \(name): the data are not where they were")
    }
    let sampler = Sampler(glow, seed: 0)
    guard let frames else {
      return try sampler.images(examplesPerClass, label: label).images.map(
        Example.image)
    }
    return try sampler.sounds(
      examplesPerClass, frames: frames, label: label
    ).sounds.map(Example.sound)
  }
}
