import ArgumentParser
import Models
import Tensors
import Training

/// An option of the command line that is kept in a run: one row says all that is done with it.
struct KeptOption<Command, Kept> {
  /// Whether a run may go on with another value.
  enum Change {
    /// No: it would be another run.
    case refused
    /// Yes, but from there on it is not bit for bit what it would have been, which is said.
    case said
    case free
  }

  let name: String
  let change: Change
  /// Why what was given can't be, or nil.
  let error: (Command) -> String?
  /// Sets what was given.
  let set: (Command, inout Kept) -> Void
  /// Whether what was given differs from what is kept.
  let isChanged: (Command, Kept) -> Bool

  /// A row: the option's name, where the command has it, where it is kept, what it may be.
  init<V: Equatable>(
    _ name: String, _ given: KeyPath<Command, V?>, _ kept: WritableKeyPath<Kept, V>,
    _ bounds: Bounds<V>? = nil, _ change: Change = .refused
  ) {
    (self.name, self.change) = (name, change)
    error = { command in
      guard let value = command[keyPath: given], let bounds, !bounds.contains(value) else {
        return nil
      }
      return "--\(name) \(bounds.description)"
    }
    set = { command, all in
      if let value = command[keyPath: given] { all[keyPath: kept] = value }
    }
    isChanged = { command, all in
      command[keyPath: given].map { $0 != all[keyPath: kept] } ?? false
    }
  }
}

extension KeptOption<RunOptions, TrainingOptions> {
  /// The options of every run, in the order in which they are named.
  static var all: [Self] {
    [
      Self("batch", \.batch, \.batch, TrainingOptions.batches),
      Self("optimizer", \.optimizer, \.optimizer),
      Self("learning-rate", \.learningRate, \.learningRate, TrainingOptions.learningRates),
      Self("warmup", \.warmup, \.warmup, TrainingOptions.warmups),
      Self("weight-decay", \.weightDecay, \.weightDecay, TrainingOptions.factors),
      Self("clip-norm", \.clipNorm, \.onlyClipNorm, TrainingOptions.factors),
      Self("ema", \.ema, \.averageDecay, TrainingOptions.decays),
      Self("seed", \.seed, \.seed),
      Self(
        "evaluate-every", \.evaluateEvery, \.validationInterval, TrainingOptions.stepCounts, .free),
      Self("sample-every", \.sampleEvery, \.sampleInterval, TrainingOptions.stepCounts, .free),
    ]
  }
}

extension KeptOption<TrainCommand, TrainingOptions> {
  /// Those of images and sounds.
  static var all: [Self] {
    [
      Self("precision", \.chosenPrecision, \.netPrecision),
      Self("flip", \.chosenFlip, \.flip),
      Self("accumulate", \.accumulate, \.parts, TrainingOptions.batches, .said),
    ]
  }
}

extension TrainCommand {
  /// Nil for auto: the default of a new run, and of an old one what it began with.
  fileprivate var chosenPrecision: Precision? {
    precision.flatMap { $0 == .auto ? nil : $0.resolved }
  }

  fileprivate var chosenFlip: Bool? { flip ? true : nil }
}

extension TrainingOptions {
  /// The fixed bound, if it is the only one.
  fileprivate var onlyClipNorm: Float {
    get { clipRatio == nil ? clipNorm : .nan }
    set { (clipNorm, clipRatio) = (newValue, nil) }
  }

  fileprivate var parts: Int {
    get { accumulate ?? 1 }
    set { accumulate = newValue == 1 ? nil : newValue }
  }
}
