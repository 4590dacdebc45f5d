import Foundation
import Media
import Models
import Tensors

/// Maximum likelihood on a set of images or sounds.
public final class GlowTask: TrainingTask {
  /// The model in training. It is computed with in the options' precision, whatever it is set to.
  public let glow: Glow
  public let options: TrainingOptions
  public let ranks: any Communicator
  fileprivate let examples: any ExampleSet
  fileprivate let validation: (any ExampleSet)?
  private let told: ConditionSource?
  private let batches: BatchStream
  /// This rank's examples of each batch, and the parts that they are taken in.
  private let share: Range<Int>
  private let parts: [Range<Int>]
  private let sum: GradientSum?

  /// Examples that the actnorms are set from, and the most samples of theirs, 256 MB of them: of
  /// 512x512 in colour a third as many.
  private static let (initialExamples, initialSamples) = (256, 1 << 26)
  /// The most windows that a validation scores.
  private static let mostWindows = 1000

  /// Examples to train on, which must be of the model's shape, and to validate on. Several ranks
  /// take their shares of each batch. Throws a `FileError` if a class to validate on is none of the
  /// model's.
  public init(
    _ glow: Glow, _ examples: any ExampleSet, validation: (any ExampleSet)? = nil,
    _ options: TrainingOptions, over ranks: any Communicator = Alone()
  ) throws {
    precondition(options.batch >= ranks.size && examples.count > 0)
    (self.glow, self.examples, self.validation) = (glow, examples, validation)
    (self.options, self.ranks) = (options, ranks)
    (share, parts) = (ranks.share(of: options.batch), options.parts(of: ranks))
    sum =
      ranks.size == 1 && parts.count == 1
      ? nil
      : GradientSum(
        glow, over: ranks, parts: parts.count, apart: options.apart == true,
        news: StepNews(examples: options.batch, ranks: ranks.size).count)
    told = ConditionSource(glow.configuration, examples)
    precondition(
      (glow.configuration.condition == nil) == (told == nil), "the examples hold what is told")
    batches = BatchStream(
      examples, glow.configuration.format, options, telling: told, share: share)
    if let validation { _ = try Evaluation.labels(of: validation, for: glow.configuration) }
  }

  public var model: any Model { glow }
  private var format: ExampleFormat { glow.configuration.format }

  public var metric: Metric { format.medium.metric }

  public var mostReconstructionError: Float { format.medium.mostReconstructionError }

  public func initialize() throws {
    var first = options
    first.batch = Self.initialCount(of: examples.count, dimensions: glow.configuration.dimensions)
    first.flip = false
    let batch = try BatchSource(examples, format, first, telling: told).batch(0)
    let noise = format.noise(
      batch.samples.count, RandomStream(seed: options.seed, .initialization))
    glow.computing(in: options.netPrecision) {
      glow.initialize(
        from: batch.samples, noise: noise, condition: condition(of: batch, noise.examples))
    }
    TensorMemory.releaseUnused()
  }

  /// Examples that the actnorms are set from, of so many of so many samples each.
  static func initialCount(of count: Int, dimensions: Int) -> Int {
    min(count, initialExamples, max(1, initialSamples / dimensions))
  }

  private func condition(of batch: Batch, _ count: Int) -> Tensor? {
    batch.condition.map { glow.configuration.conditionTensor($0, examples: count) }
  }

  public func addGradients(_ iteration: Int) throws -> LossGradient {
    try addGradients(iteration) { (0, []) }
  }

  public func addGradients(_ iteration: Int, _ say: () -> (seconds: Double, wishes: StepWishes))
    throws -> LossGradient
  {
    let begin = DispatchTime.now().uptimeNanoseconds
    let batch = try batches.next(iteration)
    let noise = format.noise(
      batch.samples.count, RandomStream(seed: options.seed, .noise, iteration),
      from: share.lowerBound)
    let labels = glow.configuration.classes.isEmpty ? nil : batch.labels
    let condition = condition(of: batch, noise.examples)
    let weight = format.lossWeight(count: options.batch)
    let own = glow.computing(in: options.netPrecision) {
      if let sum {
        return sum.take(
          batch.samples, noise, in: parts, labels: labels, condition: condition,
          weight: weight, memory: options.memory)
      }
      let all = glow.addGradients(
        batch.samples, noise: noise, labels: labels, condition: condition, weight: weight,
        memory: options.memory)
      return (all.logLikelihood, all.reconstructionError)
    }
    var news = StepNews(examples: options.batch, ranks: ranks.size)
    news.logLikelihoods.replaceSubrange(share, with: own.logLikelihood)
    news.drifts[ranks.rank] = Double(own.reconstructionError)
    news.say(say(), as: ranks)
    let computed = DispatchTime.now().uptimeNanoseconds
    let moved = try sum?.finish(&news)
    let bits = news.logLikelihoods.map { format.bitsPerDimension($0) }
    return LossGradient(
      loss: bits.reduce(0, +) / Double(bits.count),
      reconstructionError: news.drift, news: ranks.size == 1 ? nil : (news.seconds, news.wishes),
      traffic: ranks.size == 1
        ? nil
        : moved.map {
          StepTraffic(
            computing: Double(computed - begin) * 1e-9, waiting: $0.waiting, bytes: $0.bytes)
        }
    ) { [glow, options] in
      glow.computing(in: options.netPrecision) {
        let x = glow.dequantize(batch.samples, noise: noise).x
        return x.isFinite ? glow.firstNonFinite(x, condition: condition) : "the dequantizer"
      }
    }
  }

  public func restart() { batches.restart() }

  /// In float32, as it will be scored and compared.
  public func validate() throws -> Validation? {
    guard let validation else { return nil }
    return try glow.computing(in: .float32) {
      var first: Evaluation.Scored?
      let result = try Evaluation(
        of: glow, on: validation, seed: options.seed, most: Self.mostWindows, over: ranks
      ) { first = first ?? $0 }
      // rank 0 has scored the first batch
      let roundTrip = Float(
        bitPattern: try ranks.fromLeader { (first.map { glow.roundTripError($0) } ?? 0).bitPattern }
      )
      return Validation(
        mean: result.mean, standardError: result.standardError,
        metrics: [("round_trip_bins", Double(roundTrip))], bad: result.bad,
        fault: roundTrip <= 0.5 ? nil : doesNotInvert(roundTrip))
    }
  }

  private func doesNotInvert(_ roundTrip: Float) -> String {
    let worst = glow.conditionNumbers.max { $0.number < $1.number }
    return
      "a round trip of the validation batch is off by \(roundTrip) of a bin, so the model does "
      + "not invert; the worst condition number is \(worst?.number ?? 0), of "
      + (worst?.name ?? "no layer")
  }

  /// PREFIX.png, a grid of images; or waveforms, beside PREFIX-N.wav, of a model that is told their
  /// spectra copies of the first sounds to validate on, or to learn.
  public func drawSamples(to prefix: String) throws {
    let sampler = Sampler(glow, seed: options.seed)
    switch format.medium {
    case .images:
      let drawn = try glow.computing(in: options.netPrecision) {
        try sampler.images(16)
      }
      try PNG.write(.grid(drawn.images, scale: nil), to: prefix + ".png")
    case .sound(let rate, _):
      let drawn = try glow.computing(in: options.netPrecision) {
        if let copies = try copies() { return copies }
        return try sampler.sounds(4, frames: max(rate, format.width))
      }
      for (n, sound) in drawn.sounds.enumerated() {
        try WAV.write(sound, to: "\(prefix)-\(n + 1).wav")
      }
      try PNG.write(.waveforms(drawn.sounds), to: prefix + ".png")
    }
  }
}

extension GlowTask {
  /// Four copies; nil of a model that is told no spectra.
  private func copies() throws -> (sounds: [Sound], clamped: Int)? {
    guard let vocoder = Vocoder(glow), let set = (validation ?? examples) as? SoundSet else {
      return nil
    }
    let copies = try (0..<min(4, set.paths.count)).map { file in
      let sound = try set.sound(file).prefix(10 * vocoder.spectrum.rate)
      return try vocoder.copy(
        sound, temperature: glow.configuration.suitedTemperature,
        label: glow.configuration.classes.isEmpty ? nil : set.labels?[file],
        seed: options.seed)
    }
    return (copies.map(\.sound), copies.reduce(0) { $0 + $1.clamped })
  }
}

extension Trainer {
  /// A run of maximum likelihood at its start; `GlowTask` says what is thrown.
  public convenience init(
    _ glow: Glow, _ examples: any ExampleSet, validation: (any ExampleSet)? = nil,
    _ options: TrainingOptions, over ranks: any Communicator = Alone()
  ) throws {
    try self.init(
      starting: GlowTask(glow, examples, validation: validation, options, over: ranks))
  }
}
