import Models
import Tensors

/// What decides the course of a training run; a resumed run must have the same.
public struct TrainingOptions: Codable, Equatable, Sendable {
  /// The rule that turns gradients into steps.
  public enum OptimizerKind: String, Codable, CaseIterable, Sendable {
    /// By the root of the mean square of a gradient. Kingma & Ba (2015), algorithm 1.
    case adam
    /// By the largest gradient of late, which fades. Kingma & Ba (2015), algorithm 2.
    case adamax
    /// Matrices between hidden units by their momentum, brought near an orthogonal one; all else as
    /// Adam. Jordan et al. (2024).
    case muon
  }

  /// Examples in a step.
  public var batch = 32
  /// What every random number derives from.
  public var seed: UInt64 = 0
  /// The rule of the updates.
  public var optimizer = OptimizerKind.adam
  /// Steps from one move of a matrix by Muon to the next; nil for 1.
  public var muonInterval: Int?
  /// The rate once it has risen.
  public var learningRate: Float = 1e-3
  /// Steps over which the rate rises linearly to `learningRate`.
  public var warmup = 100
  /// The part of a run, at its end, over which the rate falls linearly to 0; nil for none, as in
  /// older files.
  public var cooldown: Double?
  /// Decoupled weight decay: the share of a weight taken off in a step is this times the rate.
  public var weightDecay: Float = 0
  /// Gradients whose global norm is larger are scaled down to it; 0 for no such bound.
  public var clipNorm: Float = 0
  /// Gradients whose norm is larger than so many times the running mean of those before are scaled
  /// down to that; nil for no such bound, as in older files. No fixed bound fits every model: norms
  /// rise tenfold in the first thousand steps, to 10 in one model and to 200 in another.
  public var clipRatio: Float? = 2
  /// How much of the averaged weights a step keeps.
  public var averageDecay: Float = 0.999
  /// Whether half of the images, drawn anew each time, are mirrored.
  public var flip = false
  /// How activations are kept for the backward pass.
  public var memory = ActivationMemory.store
  /// The format in which the couplings' nets multiply; nil in older files, for float32.
  public var precision: Precision?
  /// Parts that a batch is taken in, whose gradients are summed in their order; nil for 1.
  public var accumulate: Int?
  /// Whether each part is computed on one thread, as many at a time as there are; nil for no, as in
  /// older files: all threads compute one part after the other.
  public var apart: Bool?
  /// Validations in a row without a better one that end a run; nil for no such end.
  public var patience: Int?
  /// Steps over which a target rises from nearly flat to what it is, so that a sampler finds all of
  /// its modes; nil for 500, as in older files. Rezende & Mohamed (2015), equation 20.
  public var annealing: Int?
  /// How a sampler's gradient is estimated; nil for `total`, as in older files.
  public var gradient: ReverseGradient?
  /// Epochs over which the KL divergence of a VAE's bound rises from nothing to its full weight;
  /// nil for none. Bowman et al. (2016), section 3.1.
  public var warmupEpochs: Int?
  /// Nats an example of that divergence that no gradient lessens; nil for none. Kingma et al.
  /// (2016), section C.8.
  public var freeBits: Float?
  /// Steps from one validation to the next, and from one drawing of samples to the next: kept here
  /// so that a resumed run goes on as it began; nil for 500 and 1000.
  public var evaluateEvery, sampleEvery: Int?

  /// The defaults.
  public init() {}

  /// `precision`, or what its absence means.
  public var netPrecision: Precision {
    get { precision ?? .float32 }
    set { precision = newValue }
  }

  /// `evaluateEvery`, or what its absence means.
  public var validationInterval: Int {
    get { evaluateEvery ?? 500 }
    set { evaluateEvery = newValue }
  }

  /// `sampleEvery`, or what its absence means.
  public var sampleInterval: Int {
    get { sampleEvery ?? 1000 }
    set { sampleEvery = newValue }
  }

  /// The most examples of a part.
  public var partSize: Int { (batch + (accumulate ?? 1) - 1) / (accumulate ?? 1) }

  /// Examples that go through the model at once, of a rank of so many threads.
  public func examplesAtOnce(threads: Int) -> Int {
    apart == true ? min(batch, threads * partSize) : partSize
  }

  /// The norm that a gradient is scaled down to if its own is larger; `mean` is the running mean of
  /// those before, 0 at the start.
  func gradientLimit(_ mean: Double) -> Double {
    let relative = clipRatio.flatMap { mean > 0 ? Double($0) * mean : nil } ?? .infinity
    return min(clipNorm > 0 ? Double(clipNorm) : .infinity, relative)
  }

  /// `freeBits`, or what its absence means: estimates of the divergence may lie below 0.
  var freeNats: Float { freeBits.map { $0 > 0 ? $0 : -.infinity } ?? -.infinity }

  /// The weight of the KL divergence in step `iteration` of a run over so many examples.
  func klWeight(_ iteration: Int, examples: Int) -> Float {
    let steps = Double((warmupEpochs ?? 0) * examples) / Double(batch)
    return steps > 0 ? Float(min(1, Double(iteration) / steps)) : 1
  }

  /// The learning rate of step `iteration`, counted from 0, with the part `done` of the run behind
  /// it:
  ///
  ///     learningRate · min(1, (iteration + 1)/warmup) · min(1, (1 − done)/cooldown)
  public func rate(at iteration: Int, done: Double = 0) -> Float {
    let rise = warmup > 0 ? min(1, Float(iteration + 1) / Float(warmup)) : 1
    let fall = cooldown.map { $0 > 0 ? min(1, max(0, 1 - done) / $0) : 1 } ?? 1
    return learningRate * rise * Float(fall)
  }
}
