/// What a setting may be, in one place for code, checkpoints and the command line.
public struct Bounds<Value: Sendable>: Sendable {
  private let isGood: @Sendable (Value) -> Bool
  /// The clause for a user: "must be 1 to 12".
  public let description: String

  /// From a value to another, both included.
  public init(_ range: ClosedRange<Value>) where Value: Comparable {
    isGood = { range.contains($0) }
    description = "must be \(range.lowerBound) to \(range.upperBound)"
  }

  /// Of values that a clause describes.
  public init(_ description: String, _ isGood: @escaping @Sendable (Value) -> Bool) {
    (self.description, self.isGood) = (description, isGood)
  }

  /// Whether a value is within.
  public func contains(_ value: Value) -> Bool { isGood(value) }
}

extension TrainingOptions {
  /// What `batch` and `accumulate` may be.
  public static let batches = Bounds(1...65536)
  /// What a number of steps may be: an interval, or a run's end.
  public static let stepCounts = Bounds(1...1_000_000_000)
  /// What `warmup`, `annealing` and `warmupEpochs` may be.
  public static let warmups = Bounds(0...1_000_000_000)
  /// What `learningRate` may be.
  public static let learningRates = Bounds<Float>("must be above 0, at most 1") {
    $0 > 0 && $0 <= 1
  }
  /// What `weightDecay`, `clipNorm`, `clipRatio` and `freeBits` may be.
  public static let factors = Bounds<Float>("must not be negative") { $0 >= 0 && $0.isFinite }
  /// What `cooldown` may be.
  public static let shares = Bounds<Double>("must be 0 to 1") { $0 >= 0 && $0 <= 1 }
  /// What `averageDecay` may be.
  public static let decays = Bounds<Float>("must be at least 0 and below 1") { $0 >= 0 && $0 < 1 }

  /// Why nothing can be trained with these, or nil.
  public var validationError: String? {
    func error<V>(_ name: String, _ value: V?, _ bounds: Bounds<V>) -> String? {
      value.flatMap { bounds.contains($0) ? nil : "\(name) is \($0) and \(bounds.description)" }
    }
    let errors = [
      error("batch", batch, Self.batches), error("accumulate", accumulate, Self.batches),
      error("the interval of Muon", muonInterval, Self.stepCounts),
      error("warm-up", warmup, Self.warmups),
      error("the annealing", annealing, Self.warmups),
      error("the warm-up of the divergence", warmupEpochs, Self.warmups),
      error("the part of the divergence that is free", freeBits, Self.factors),
      error("an interval", evaluateEvery, Self.stepCounts),
      error("an interval", sampleEvery, Self.stepCounts),
      error("the patience", patience, Self.stepCounts),
      // a library's user may train at a rate that the command line takes for a slip
      error("the rate", learningRate, Self.factors),
      error("the cool-down", cooldown, Self.shares),
      error("the weight decay", weightDecay, Self.factors),
      error("the bound on the gradient", clipNorm, Self.factors),
      error("the bound on the gradient", clipRatio, Self.factors),
      error("the averages' decay", averageDecay, Self.decays),
    ]
    return errors.lazy.compactMap { $0 }.first
  }
}
