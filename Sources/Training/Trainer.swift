import Foundation
import Media
import Models
import Tensors

/// Maximum likelihood training of a Glow on a set of images or sounds, a step at a time.
///
///     let trainer = Trainer(glow, images, TrainingOptions())
///     for _ in 0..<1000 { try trainer.step() }
public final class Trainer {
  /// The model in training.
  public let glow: Glow
  /// What it was asked to do.
  public let options: TrainingOptions
  /// Moments and averaged weights.
  public let optimizer: Optimizer
  /// Where the run stands; kept in a checkpoint.
  public internal(set) var state = State()
  private let examples: any ExampleSet
  private var batches: Prefetcher<Batch>?

  /// Where a run stands.
  public struct State: Equatable, Sendable {
    /// Steps taken, the skipped ones among them.
    public var iteration = 0
    /// Steps whose loss or gradient was not finite, so that nothing was learned from them.
    public var skipped = 0
    /// Of these, the last ones without another between.
    public var skippedInRow = 0
    /// How often the run went back to its last checkpoint; each time halves the rate.
    public var rollbacks = 0
    /// Seconds spent.
    public var seconds = 0.0
    /// The best validation figure so far, bits/dim.
    public var best = Double.infinity
    /// The sum of the losses since the last line of metrics, bits/dim, and their number.
    public var lossSum = 0.0
    public var lossCount = 0
    /// The running geometric mean of the gradient's norm, cut as it was; 0 before the first step.
    public var meanGradientNorm = 0.0

    /// Moves the mean by a hundredth; over the first steps, it is that of all.
    mutating func note(gradientNorm norm: Double) {
      guard norm > 0 else { return }
      guard meanGradientNorm > 0 else {
        meanGradientNorm = norm
        return
      }
      let share = max(0.01, 1 / Double(iteration - skipped + 1))
      meanGradientNorm *= pow(norm / meanGradientNorm, share)
    }
  }

  /// What a step came to.
  public struct Step: Sendable {
    /// The number of steps taken, this one included.
    public let iteration: Int
    /// The mean over the batch, by the weights before the step.
    public let bitsPerDimension: Double
    /// The global norm of the gradient, before clipping.
    public let gradientNorm: Double
    /// Whether the gradient was scaled down.
    public let isClipped: Bool
    public let learningRate: Float
    /// The largest |x − x̂| of an input rebuilt for the backward pass.
    public let reconstructionError: Float
    /// Why the step was skipped, if it was: where the first value that is not finite came up.
    public let skippedAt: String?
  }

  /// Too many steps in a row were not finite.
  public struct Diverged: Error, CustomStringConvertible {
    /// Where the first value that is not finite came up.
    public let place: String
    public var description: String {
      "\(Trainer.patience) steps in a row were not finite, the last first at \(place)"
    }
  }

  /// Skipped steps in a row that end a run.
  public static let patience = 10
  /// The drift past which a gradient is not to be trusted: a few 8-bit levels, or 32 steps of 16-bit
  /// sound.
  private var mostReconstructionError: Float { glow.configuration.audio == nil ? 0.01 : 0.001 }
  /// Examples that the actnorms are set from.
  static let initialExamples = 256

  /// A trainer at its start. The examples must be of the model's shape, and its precision becomes that
  /// of the options. Unless `initialized`, actnorms are set from the first of them now.
  public init(
    _ glow: Glow, _ examples: any ExampleSet, _ options: TrainingOptions, initialized: Bool = false
  ) throws {
    precondition(options.batch > 0 && examples.count > 0)
    glow.precision = options.netPrecision
    self.glow = glow
    self.options = options
    self.examples = examples
    if !initialized {
      var first = options
      (first.batch, first.flip) = (min(examples.count, Self.initialExamples), false)
      let batch = try BatchSource(examples, glow.configuration, first).batch(0)
      let random = RandomStream(seed: options.seed, .initialization)
      glow.initialize(from: glow.configuration.dequantize(batch.samples, random))
      TensorMemory.releaseUnused()
    }
    optimizer = Optimizer(glow, options)
  }

  /// The learning rate of the next step.
  var learningRate: Float {
    options.rate(at: state.iteration) / Float(1 << state.rollbacks)
  }

  /// Takes one step. Throws a `FileError` if the files can't be read any more, and `Diverged` if
  /// this is the tenth step in a row that is not finite.
  @discardableResult
  public func step() throws -> Step {
    let start = DispatchTime.now().uptimeNanoseconds
    let batch = try nextBatch()
    let configuration = glow.configuration
    let noise = RandomStream(seed: options.seed, .noise, state.iteration)
    let x = configuration.dequantize(batch.samples, noise)
    let result = glow.addGradients(
      x, inPartsOf: options.partSize, labels: configuration.classes.isEmpty ? nil : batch.labels,
      weight: configuration.lossWeight(count: x.examples), memory: options.memory)
    let bits = result.logLikelihood.map { configuration.bitsPerDimension($0) }
    let loss = bits.reduce(0, +) / Double(bits.count)
    let (norm, badGradient) = optimizer.gradientNorm()
    let rate = learningRate
    let limit = options.gradientLimit(state.meanGradientNorm)

    var skippedAt: String?
    if loss.isFinite && badGradient == nil && result.reconstructionError <= mostReconstructionError
    {
      optimizer.step(
        state.iteration, rate: rate, gradientScale: Float(min(1, limit / (norm + 1e-6))))
      state.note(gradientNorm: min(norm, limit))
      state.skippedInRow = 0
      state.lossSum += loss
      state.lossCount += 1
    } else {
      optimizer.clearGradients()
      skippedAt =
        if !loss.isFinite {
          glow.firstNonFinite(x) ?? "the loss"
        } else if let badGradient {
          "the gradient of \(badGradient)"
        } else {
          "the input that was rebuilt, off by \(result.reconstructionError)"
        }
      state.skipped += 1
      state.skippedInRow += 1
    }
    state.iteration += 1
    state.seconds += Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    if let skippedAt, state.skippedInRow >= Self.patience { throw Diverged(place: skippedAt) }
    return Step(
      iteration: state.iteration, bitsPerDimension: loss, gradientNorm: norm,
      isClipped: norm > limit,
      learningRate: rate, reconstructionError: result.reconstructionError, skippedAt: skippedAt)
  }

  /// Goes on from another state of this run; weights and averages are the caller's to set.
  func restart(at state: State) {
    self.state = state
    batches = nil
  }

  private func nextBatch() throws -> Batch {
    if let batches { return try batches.next() }
    let source = BatchSource(examples, glow.configuration, options)
    let fresh = Prefetcher(start: state.iteration) { try source.batch($0) }
    batches = fresh
    return try fresh.next()
  }
}

extension GlowConfiguration {
  /// x, [N, H, W, C], from N examples' samples and the noise of a stream.
  public func dequantize(_ samples: [Int16], _ noise: RandomStream) -> Tensor {
    let shape = [samples.count / dimensions, height, width, channels]
    return .dequantized(samples, noise: noise.uniform(shape), on: grid)
  }
}
