import ArgumentParser
import Media
import Models
import Tensors
import Training

/// An option of a command that learns: one row says all that is done with it, from a file of
/// options to what is kept in a run.
struct RunOption<Command, Kept> {
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
  /// Why what was given can't be, as "must be 1 to 12", or nil.
  let problem: (Command) -> String?
  /// Sets what was given.
  let set: (Command, inout Kept) -> Void
  /// Whether what was given differs from what is kept.
  let isChanged: (Command, Kept) -> Bool
  /// Whether it was given.
  let isGiven: (Command) -> Bool
  /// Gives it, from its words; what it must be if they are none.
  let give: (inout Command, String) -> String?
  /// What is kept, in words; nil where there is nothing to say.
  private(set) var words: (Kept) -> String?

  /// A row: the option's name, where the command has it, where it is kept, what it may be.
  init<V: Equatable & ExpressibleByArgument>(
    _ name: String, _ given: WritableKeyPath<Command, V?>, _ kept: WritableKeyPath<Kept, V>,
    _ bounds: Bounds<V>? = nil, _ change: Change = .refused
  ) {
    self.init(
      name, given, bounds, change, { $0[keyPath: kept] },
      set: { $0[keyPath: kept] = $1 })
  }

  /// A row of what is kept in another form, or not at all: `kept` is as it would be given again,
  /// and `ignored` a value that asks for nothing.
  init<V: Equatable & ExpressibleByArgument>(
    _ name: String, _ given: WritableKeyPath<Command, V?>, _ bounds: Bounds<V>? = nil,
    _ change: Change = .refused, _ kept: @escaping (Kept) -> V? = { _ in nil },
    unless ignored: V? = nil, set: @escaping (inout Kept, V) -> Void = { _, _ in }
  ) {
    (self.name, self.change) = (name, change)
    problem = { command in
      guard let value = command[keyPath: given], let bounds, !bounds.contains(value) else {
        return nil
      }
      return bounds.description
    }
    self.set = { command, all in
      if let value = command[keyPath: given] { set(&all, value) }
    }
    isChanged = { command, all in
      command[keyPath: given].map { $0 != ignored && $0 != kept(all) } ?? false
    }
    isGiven = { $0[keyPath: given] != nil }
    give = { command, words in
      guard let value = V(argument: words) else { return Self.expected(of: V.self) }
      command[keyPath: given] = value
      return nil
    }
    words = { kept($0)?.defaultValueDescription }
  }

  /// A row of a larger table.
  private init<C, K>(
    _ row: RunOption<C, K>, _ command: WritableKeyPath<Command, C>, _ kept: WritableKeyPath<Kept, K>
  ) {
    (name, change) = (row.name, .init(row.change))
    problem = { row.problem($0[keyPath: command]) }
    set = { row.set($0[keyPath: command], &$1[keyPath: kept]) }
    isChanged = { row.isChanged($0[keyPath: command], $1[keyPath: kept]) }
    isGiven = { row.isGiven($0[keyPath: command]) }
    give = { row.give(&$0[keyPath: command], $1) }
    words = { row.words($0[keyPath: kept]) }
  }

  /// The row in a larger table, of what holds this command and what is kept of it.
  func within<C, K>(_ command: WritableKeyPath<C, Command>, _ kept: WritableKeyPath<K, Kept>)
    -> RunOption<C, K>
  {
    RunOption<C, K>(self, command, kept)
  }

  /// The row, with nothing to say of what is kept unless `isMeant` for that.
  func said(where isMeant: @escaping (Kept) -> Bool) -> Self {
    var row = self
    row.words = { [words] in isMeant($0) ? words($0) : nil }
    return row
  }

  private static func expected<V: ExpressibleByArgument>(of type: V.Type) -> String {
    let values = V.allValueStrings
    if !values.isEmpty, type != Bool.self {
      return "must be one of " + values.joined(separator: ", ")
    }
    switch type {
    case is Bool.Type: return "must be true or false"
    case is any BinaryInteger.Type: return "must be a whole number"
    case is any BinaryFloatingPoint.Type: return "must be a number"
    default: return "must be as on the command line; see --help"
    }
  }
}

/// A usage error that names the first option whose value can't be.
func checkAll<Command, Kept>(_ options: [RunOption<Command, Kept>], of command: Command) throws {
  for option in options {
    if let problem = option.problem(command) {
      throw ValidationError("--\(option.name) \(problem)")
    }
  }
}

/// A usage error that names every option that differs from what a run began with and would change
/// its course, `others` before those of the table.
func refuseChanged<Command, Kept>(
  _ others: KeyValuePairs<String, Bool>, _ options: [RunOption<Command, Kept>], of command: Command,
  since kept: Kept
) throws {
  let changed =
    others.filter(\.value).map(\.key)
    + options.filter { $0.change == .refused && $0.isChanged(command, kept) }.map(\.name)
  try check(
    changed.isEmpty,
    "a resumed run keeps its options; changed: "
      + changed.map { "--" + $0 }.joined(separator: ", "))
}

extension RunOption.Change {
  fileprivate init<C, K>(_ other: RunOption<C, K>.Change) {
    switch other {
    case .refused: self = .refused
    case .said: self = .said
    case .free: self = .free
    }
  }
}

extension RunOption<RunOptions, TrainingOptions> {
  /// The options of every run that are kept in it, in the order in which they are named.
  static var all: [Self] {
    [
      Self("batch", \.batch, \.batch, TrainingOptions.batches),
      Self("optimizer", \.optimizer, \.optimizer),
      Self(
        "muon-interval", \.muonInterval, \.interval, TrainingOptions.stepCounts
      ).said {
        $0.optimizer == .muon
      },
      Self("learning-rate", \.learningRate, \.learningRate, TrainingOptions.learningRates),
      Self("warmup", \.warmup, \.warmup, TrainingOptions.warmups),
      Self("cooldown", \.cooldown, \.fall, TrainingOptions.shares),
      Self("weight-decay", \.weightDecay, \.weightDecay, TrainingOptions.factors),
      Self(
        "clip-norm", \.clipNorm, TrainingOptions.factors, .refused,
        { $0.clipRatio == nil ? $0.clipNorm : nil },
        set: { ($0.clipNorm, $0.clipRatio) = ($1, nil) }),
      Self("ema", \.ema, \.averageDecay, TrainingOptions.decays),
      Self("seed", \.seed, \.seed),
      Self(
        "evaluate-every", \.evaluateEvery, \.validationInterval, TrainingOptions.stepCounts, .free),
      Self("sample-every", \.sampleEvery, \.sampleInterval, TrainingOptions.stepCounts, .free),
    ]
  }
}

extension RunOption<TrainCommand, TrainingOptions> {
  /// Those of images and sounds.
  static var all: [Self] {
    [
      precision(\.precision), Self("flip", \.flip, \.flip),
      Self("accumulate", \.accumulate, \.parts, TrainingOptions.batches, .said),
    ]
  }
}

extension RunOption<VAECommand, TrainingOptions> {
  /// Those of variational autoencoders.
  static var all: [Self] { ofAll + ofImages }

  /// Of them those of any data, and those of images.
  static var ofAll: [Self] {
    [
      Self("warmup-epochs", \.warmupEpochs, \.divergenceEpochs, TrainingOptions.warmups),
      Self("free-bits", \.freeBits, \.freeDivergence, TrainingOptions.factors),
      Self("patience", \.patience, \.worseValidations, RunOptions.patiences, .free),
    ]
  }
  static var ofImages: [Self] { [precision(\.precision), Self("flip", \.flip, \.flip)] }
}

extension RunOption where Kept == TrainingOptions {
  fileprivate static func precision(_ given: WritableKeyPath<Command, PrecisionChoice?>) -> Self {
    Self(
      "precision", given, nil, .refused,
      { $0.netPrecision == .float32 ? .float32 : .bfloat16 },
      // the default of a new run, and of an old one what it began with
      unless: .auto, set: { if $1 != .auto { $0.netPrecision = $1.resolved } })
  }
}

/// Numbers that are kept as nil where they ask for nothing.
extension TrainingOptions {
  fileprivate var interval: Int {
    get { muonInterval ?? 1 }
    set { muonInterval = newValue == 1 ? nil : newValue }
  }

  fileprivate var fall: Double {
    get { cooldown ?? 0 }
    set { cooldown = newValue == 0 ? nil : newValue }
  }

  fileprivate var parts: Int {
    get { accumulate ?? 1 }
    set { accumulate = newValue == 1 ? nil : newValue }
  }

  /// How a batch is taken, where it is in parts.
  var partsInWords: String {
    guard let accumulate else { return "" }
    return " in \(counted(accumulate, "part"))" + (apart == true ? " of a thread each" : "")
  }

  fileprivate var divergenceEpochs: Int {
    get { warmupEpochs ?? 0 }
    set { warmupEpochs = newValue == 0 ? nil : newValue }
  }

  fileprivate var freeDivergence: Float {
    get { freeBits ?? 0 }
    set { freeBits = newValue == 0 ? nil : newValue }
  }

  fileprivate var worseValidations: Int {
    get { patience ?? 0 }
    set { patience = newValue == 0 ? nil : newValue }
  }
}
