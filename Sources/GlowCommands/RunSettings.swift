import ArgumentParser
import Foundation
import Media
import Models
import Tensors
import Training

/// All that was chosen for a run of a model described by `Model`: what `--print-config` prints.
struct RunSettings<Model> {
  var model: Model
  let data: DataDescription
  var training: TrainingOptions
  let plan: TrainingRun.Plan
  /// The directory, where one was asked for.
  let output: String?

  fileprivate var iterations: Int? {
    if case .iterations(let n) = plan.end { n } else { nil }
  }

  fileprivate var minutes: Double? {
    if case .minutes(let m) = plan.end { m } else { nil }
  }
}

extension RunOption {
  /// The options of every run.
  static func shared<M>(_ command: WritableKeyPath<Command, RunOptions>) -> [Self]
  where Kept == RunSettings<M> {
    typealias Row = RunOption<RunOptions, Kept>
    let rows: [Row] =
      [
        Row("output", \.output, nil, .free) { $0.output },
        Row("resume", \.resume, nil, .free),
        Row("iterations", \.iterations, TrainingOptions.stepCounts, .free) { $0.iterations },
        Row("epochs", \.epochs, TrainingOptions.stepCounts, .free),
        Row("minutes", \.minutes, RunOptions.durations, .free) { $0.minutes },
      ] + RunOption<RunOptions, TrainingOptions>.all.map { $0.within(\.self, \.training) } + [
        Row("save-every", \.saveEvery, TrainingOptions.stepCounts, .free) { $0.plan.saveEvery },
        Row("on-divergence", \.onDivergence, nil, .free) { $0.plan.onDivergence },
        Row("tensorboard", \.tensorboard, nil, .free) { $0.plan.tensorBoard != nil },
        Row("quiet", \.quiet, nil, .free),
      ]
    return rows.map { $0.within(command, \.self) }
  }

  /// What is validated on.
  static func held<M>(_ held: WritableKeyPath<Command, ValidationOptions>) -> [Self]
  where Kept == RunSettings<M> {
    typealias Row = RunOption<ValidationOptions, Kept>
    return [
      Row("validation", \.validation, nil, .free) { $0.data.validation },
      Row("validation-fraction", \.validationFraction, ValidationOptions.fractions) {
        $0.data.validationFraction
      },
    ].map { $0.within(held, \.self) }
  }
}

extension RunOption<TrainCommand, RunSettings<GlowConfiguration>> {
  /// Those of `glow train`.
  static var all: [Self] {
    typealias C = GlowConfiguration
    let shape: [Self] = [
      Self("images", \.images, nil, .free) { $0.data.images },
      Self("audio", \.audio, nil, .free) { $0.data.audio },
      Self("follow-links", \.links.given) { $0.data.followLinks == true },
      Self("class-conditional", \.classConditional) { !$0.model.classes.isEmpty },
      Self("size", \.size, ImageSize.sizes, .free) {
        $0.model.medium.isSound ? nil : ImageSize(($0.model.width, $0.model.height))
      },
      Self("segment", \.segment, C.segments) { $0.model.medium.isSound ? $0.model.width : nil },
      Self("channels", \.channels, Bounds(C.soundChannels)) { $0.model.channels },
    ]
    let sounds: [Self] = [
      Self("sample-rate", \.audioOptions.sampleRate, Bounds(SoundFormat.rates)) {
        $0.model.audio?.rate
      },
      Self("resample", \.audioOptions.resample) {
        $0.model.medium.isSound ? $0.data.resample == true : nil
      },
      Self("skip-suspicious", \.audioOptions.skipSuspicious) {
        $0.model.medium.isSound ? $0.data.skipSuspicious == true : nil
      },
      Self("condition", \.condition) { $0.model.condition?.mel == nil ? nil : .mel },
      Self("mel-bands", \.mel.melBands) { $0.model.condition?.channels },
      Self("fft", \.mel.fft) { $0.model.condition?.mel?.fft },
      Self("hop", \.mel.hop) { $0.model.condition?.spacing },
      Self("fmin", \.mel.fmin) { $0.model.condition?.mel?.lowest },
      Self("fmax", \.mel.fmax) { $0.model.condition?.mel?.highest },
    ]
    let rest: [Self] = [
      Self("memory", \.memory, nil, .free) { $0.training.memory == .store ? .store : .recompute },
      Self("threads", \.threads.threads, ThreadOptions.counts, .free) { _ in ThreadPool.threads },
    ]
    let model = RunOption<ModelOptions, C>.all.map { $0.within(\.model, \.model) as Self }
    let own = RunOption<TrainCommand, TrainingOptions>.all.map {
      $0.within(\.self, \.training) as Self
    }
    let all: [[Self]] = [
      shape, model, sounds, held(\.held), shared(\.training), own, rest,
    ]
    return Array(all.joined())
  }
}

extension RunOption<ModelOptions, GlowConfiguration> {
  /// Those that shape a model.
  static var all: [Self] {
    typealias C = GlowConfiguration
    return [
      Self("levels", \.levels, Bounds(C.levelCounts)) { $0.levels },
      Self("steps", \.steps, Bounds(C.stepCounts)) { $0.steps },
      Self("width", \.width, Bounds(C.hiddenCounts)) { $0.hidden },
      Self("coupling", \.coupling) { $0.coupling },
      Self("components", \.components, Bounds(C.componentCounts)) { $0.components },
      Self("dequantization", \.dequantization) {
        $0.dequantizer == nil ? .uniform : .variational
      },
      Self("border", \.border) { $0.medium.isSound ? nil : $0.border ?? false },
      Self("bits", \.bits, Bounds(C.imageBits)) { $0.medium.isSound ? nil : $0.bits },
      Self("layers", \.layers, Bounds(C.layerCounts)) { $0.audio?.layers },
    ]
  }
}

extension RunOption<FitCommand, RunSettings<FlowConfiguration>> {
  /// Those of `glow fit`.
  static var all: [Self] {
    typealias C = FlowConfiguration
    let shape: [Self] = [
      Self("table", \.table, nil, .free) { $0.data.table },
      Self("target", \.target, C.targets) { $0.model.target },
      Self("flow", \.flow, nil, .free) { $0.model.flowList },
      Self("transforms", \.transforms, C.transformCounts, .free) { $0.model.transforms },
      Self("base", \.base) { $0.model.base },
      Self("hidden", \.hidden, HiddenLayers.lists) { HiddenLayers(sizes: $0.model.hidden) },
      Self("activation", \.activation) { $0.model.activation },
      Self("bins", \.bins, Bounds(C.binCounts)) { $0.model.bins },
      Self("components", \.components, Bounds(C.componentCounts)) { $0.model.components },
      Self("columns", \.columns, NameList.lists) {
        $0.model.isSampler ? nil : NameList($0.model.columns)
      },
      Self("conditional", \.conditional, NameList.lists) { listed($0.model.context.map(\.name)) },
      Self("discrete", \.discrete, NameList.lists) { listed($0.model.discrete) },
      Self("drop-missing", \.dropMissing) {
        $0.model.isSampler ? nil : $0.data.dropMissing == true
      },
      Self("patience", \.patience, RunOptions.patiences, .free) {
        $0.model.isSampler ? nil : $0.training.patience ?? 0
      },
    ]
    let sampler: [Self] = [
      Self("annealing", \.annealing, TrainingOptions.warmups) {
        $0.model.isSampler ? $0.training.annealing ?? 500 : nil
      },
      Self("gradient", \.gradient) { $0.model.isSampler ? $0.training.gradient ?? .total : nil },
    ]
    let threads = Self("threads", \.threads.threads, ThreadOptions.counts, .free) { _ in
      ThreadPool.threads
    }
    let all: [[Self]] = [shape, sampler, held(\.held), shared(\.training), [threads]]
    return Array(all.joined())
  }

  private static func listed(_ names: [String]) -> NameList? {
    names.isEmpty ? nil : NameList(names)
  }
}

extension FlowConfiguration {
  /// What `--transforms` may be.
  static let transformCounts = Bounds(1...256)
  /// What `--target` may be.
  static let targets = Bounds<String>(
    "must be one of " + Target.all.map(\.name).joined(separator: ", ")
  ) { name in Target.all.contains { $0.name == name } }

  /// As `--transforms` says it: 1 of a single flow that would be repeated otherwise.
  fileprivate var transforms: Int? {
    flows.count == 1 && FlowName(rawValue: flows[0])?.isRepeated == true ? 1 : nil
  }

  /// The flows as `--flow` takes them: nsf,permute,nsf or planar*4.
  fileprivate var flowList: String {
    var runs: [(name: String, count: Int)] = []
    for flow in flows {
      if runs.last?.name == flow { runs[runs.count - 1].count += 1 } else { runs.append((flow, 1)) }
    }
    return runs.map { $0.count == 1 ? $0.name : "\($0.name)*\($0.count)" }.joined(separator: ",")
  }
}
