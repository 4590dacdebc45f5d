import Detection
import Foundation
import Media
import Models
import Synchronization
import Tensors
import Training

/// The models at hand: loads them from their checkpoints and does what the page asks, one thing at
/// a time.
actor ModelDesk {
  private let thread: SerialThread
  nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

  private var loaded: [(id: String, model: LoadedModel)] = []
  private var items = KeptExamples(most: 400, bytes: 256 << 20)

  /// Models that are kept, and the most that is asked for at once.
  private static let models = 3
  private static let (mostDrawn, mostSteps, mostRows, mostSeconds) = (64, 32, 5000, 10.0)

  init(threads: Int) { thread = SerialThread(threads: threads) }

  // MARK: What is at hand

  /// The model of a run. Throws a `FileError` if it can't be read, a `CancellationError` if nobody
  /// waits for it any more.
  private func model(_ place: RunPlace) throws -> LoadedModel {
    try Task.checkCancellation()
    if let index = loaded.firstIndex(where: { $0.id == place.id }) {
      let entry = loaded.remove(at: index)
      if !entry.model.isStale {
        loaded.append(entry)
        return entry.model
      }
    }
    let model = try LoadedModel(place.path)
    loaded.append((place.id, model))
    if loaded.count > Self.models { loaded.removeFirst() }
    return model
  }

  private func keep(_ example: Example) -> ExampleData { items.keep(example) }

  private func item(_ id: String) throws -> Example { try items.example(id) }

  // MARK: What the page asks

  /// What can be done with a run's model.
  func info(_ place: RunPlace) throws -> ModelInfo {
    let loaded = try model(place)
    let (config, format) = (loaded.checkpoint.config, loaded.format)
    let glow = loaded.model as? Glow
    let columns =
      (config.model as? FlowConfiguration)?.columns ?? (config.model as? VAEConfiguration)?.columns
      ?? []
    return ModelInfo(
      name: place.name, words: config.words,
      kind: format.map { $0.medium.isSound ? .sound : .image } ?? .table,
      hasLevels: glow != nil, isBound: loaded.model is VAE, classes: loaded.classes,
      comparable: loaded.comparableClasses, levels: glow?.latentShapes() ?? [],
      figure: config.metric.name, width: format?.width ?? 0, height: format?.height ?? 0,
      channels: format?.channels ?? 0, rate: glow?.configuration.audio?.rate, columns: columns,
      temperature: glow?.configuration.suitedTemperature ?? 1,
      parameters: loaded.model.parameterCount)
  }

  /// Draws, which are kept; of a table, rows.
  func draw(_ place: RunPlace, _ wish: Wish.Draw) throws -> Drawn {
    guard (0...10).contains(wish.temperature) else {
      throw Refusal.impossible("a temperature is 0 to 10")
    }
    let loaded = try model(place)
    let most = loaded.format == nil ? Self.mostRows : Self.mostDrawn
    guard (1...most).contains(wish.count) else {
      throw Refusal.impossible("1 to \(most) at a time")
    }
    if let rows = try rows(loaded, wish) { return Drawn(rows: rows) }
    return Drawn(examples: try examples(loaded, wish).map { keep($0) })
  }

  struct Drawn: Encodable, Sendable {
    var examples: [ExampleData]?
    var rows: RowsData?
  }

  private func rows(_ loaded: LoadedModel, _ wish: Wish.Draw) throws -> RowsData? {
    let sampler: RowSampler
    if let flow = loaded.model as? FlowDensity {
      guard flow.configuration.context.isEmpty else {
        throw Refusal.impossible(
          "this density is conditional on other columns; glow sample --given draws from it")
      }
      sampler = RowSampler(flow, seed: wish.seed.value, temperature: wish.temperature)
    } else if let vae = loaded.model as? VAE, vae.configuration.format == nil {
      sampler = RowSampler(vae, seed: wish.seed.value, temperature: wish.temperature)
    } else {
      return nil
    }
    return RowsData(columns: sampler.columns, values: try sampler.rows(0..<wish.count))
  }

  private func examples(_ loaded: LoadedModel, _ wish: Wish.Draw) throws -> [Example] {
    if let vae = loaded.model as? VAE {
      return try vae.images(0..<wish.count, temperature: wish.temperature, seed: wish.seed.value)
        .map(
          Example.image)
    }
    let (glow, label) = (try loaded.glow, try loaded.label(wish.label))
    let sampler = Sampler(glow, seed: wish.seed.value)
    guard case .sound(let rate, _) = glow.configuration.medium else {
      return try sampler.images(wish.count, temperature: wish.temperature, label: label).images.map(
        Example.image)
    }
    let seconds = wish.seconds ?? Double(glow.configuration.width) / Double(rate)
    guard seconds > 0, seconds <= Self.mostSeconds else {
      throw Refusal.impossible("a sound here is up to \(Int(Self.mostSeconds)) seconds long")
    }
    let frames = max(1, Int(seconds * Double(rate)))
    return try sampler.sounds(
      wish.count, frames: frames, temperature: wish.temperature, label: label
    ).sounds.map(Example.sound)
  }

  /// A file that was dropped in, as the model takes it.
  func take(_ place: RunPlace, _ bytes: [UInt8]) throws -> ExampleData {
    let loaded = try model(place)
    guard let format = loaded.format else {
      throw Refusal.impossible("this model is of a table; it takes no files here")
    }
    return keep(try Example(fitting: bytes, to: format, mostSeconds: Self.mostSeconds))
  }

  /// What the model says of an example.
  func examine(_ place: RunPlace, _ wish: Wish.Examine) throws -> ExaminationData {
    let (loaded, example) = (try model(place), try item(wish.item))
    if let vae = loaded.model as? VAE {
      return ExaminationData(
        bitsPerDimension: try vae.bound(of: loaded.image(example)),
        figure: vae.configuration.metric.name)
    }
    let glow = try loaded.glow
    // its latents are of this model's size, or it refuses
    let c = glow.configuration
    var (samples, width) = (example.samples, c.width)
    switch (example, c.medium) {
    case (.sound(let sound), .sound):
      width = sound.frames / c.unit * c.unit
      guard width > 0, sound.channels == c.channels else {
        throw Refusal.impossible("the sound is too short for this model")
      }
      samples = Array(samples.prefix(width * c.channels))
    case (.image(let image), .images)
    where image.width == c.width && image.height == c.height && image.channels == c.channels:
      break
    default: throw Refusal.impossible("this example is not of this model")
    }
    return ExaminationData(
      Examination(of: samples, width: width, by: glow), figure: c.medium.figure,
      isSound: c.medium.isSound)
  }

  /// Examples on the line from one to another.
  func interpolate(_ place: RunPlace, _ wish: Wish.Interpolate) throws -> [ExampleData] {
    guard (2...Self.mostSteps).contains(wish.steps) else {
      throw Refusal.impossible("2 to \(Self.mostSteps) steps")
    }
    let loaded = try model(place)
    let ends = try sameLength([item(wish.a), item(wish.b)])
    return try loaded.examples(of: loaded.latents(of: ends).interpolated(steps: wish.steps)).map {
      keep($0)
    }
  }

  /// An example with another latent at a level.
  func replace(_ place: RunPlace, _ wish: Wish.Replace) throws -> ExampleData {
    let loaded = try model(place)
    let glow = try loaded.glow
    guard glow.latentShapes().indices.contains(wish.level), (0...10).contains(wish.temperature)
    else {
      throw Refusal.impossible("there is no such level")
    }
    let changed: Latents
    if let from = wish.from {
      let pair = try sameLength([item(wish.item), item(from)])
      changed = try loaded.latents(of: [pair[0]]).replacing(
        level: wish.level, by: loaded.latents(of: [pair[1]]))
    } else {
      changed = try loaded.latents(of: [item(wish.item)]).redrawing(
        level: wish.level, temperature: wish.temperature, label: loaded.label(wish.label),
        seed: wish.seed.value, in: glow)
    }
    guard let example = try loaded.examples(of: changed).first else { throw Refusal.notFound }
    return keep(example)
  }

  /// An example moved along the difference of two classes' mean latents, by each of some amounts.
  func slide(_ place: RunPlace, _ wish: Wish.Slide) throws -> [ExampleData] {
    guard (1...Self.mostSteps).contains(wish.amounts.count),
      wish.amounts.allSatisfy({ abs($0) <= 10 })
    else { throw Refusal.impossible("1 to \(Self.mostSteps) amounts, up to 10") }
    let loaded = try model(place)
    var example = try item(wish.item)
    var frames: Int?
    if case .sound(let sound) = example {
      // a class's sounds are compared over a segment
      let length = min(sound.frames, try loaded.glow.configuration.width)
      (frames, example) = (length, .sound(sound.prefix(length)))
    }
    let z = try loaded.latents(of: [example])
    let (from, to) = (
      try loaded.mean(of: wish.from, frames: frames), try loaded.mean(of: wish.to, frames: frames)
    )
    return try wish.amounts.flatMap {
      try loaded.examples(of: z.moved(by: $0, from: from, to: to))
    }.map { keep($0) }
  }

  private func sameLength(_ examples: [Example]) -> [Example] {
    let frames = examples.compactMap { example -> Int? in
      guard case .sound(let sound) = example else { return nil }
      return sound.frames
    }.min()
    return examples.map { example in
      guard let frames, case .sound(let sound) = example else { return example }
      return .sound(sound.prefix(frames))
    }
  }
}
