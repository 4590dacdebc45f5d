import ArgumentParser
import Foundation
import Media
import Models
import Tensors
import Training

/// All that was chosen for a run of a model described by `Model`: what `--print-config` prints.
struct RunSettings<Model> {
  let model: Model
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
  fileprivate static func shared<M>(_ command: WritableKeyPath<Command, RunOptions>) -> [Self]
  where Kept == RunSettings<M> {
    typealias Row = RunOption<RunOptions, Kept>
    let rows: [Row] =
      [
        Row("output", \.output, nil, .free) { $0.output },
        Row("resume", \.resume, nil, .free),
        Row("iterations", \.iterations, TrainingOptions.stepCounts, .free) { $0.iterations },
        Row("epochs", \.epochs, TrainingOptions.stepCounts, .free),
        Row("minutes", \.minutes, nil, .free) { $0.minutes },
      ] + RunOption<RunOptions, TrainingOptions>.all.map { $0.within(\.self, \.training) } + [
        Row("save-every", \.saveEvery, TrainingOptions.stepCounts, .free) { $0.plan.saveEvery },
        Row("on-divergence", \.onDivergence, nil, .free) { $0.plan.onDivergence },
        Row("quiet", \.quiet, nil, .free),
      ]
    return rows.map { $0.within(command, \.self) }
  }

  /// What is validated on.
  fileprivate static func held<M>(_ held: WritableKeyPath<Command, ValidationOptions>) -> [Self]
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
      Self("size", \.size, nil, .free) {
        $0.model.medium.isSound ? nil : ImageSize(($0.model.width, $0.model.height))
      },
      Self("segment", \.segment) { $0.model.medium.isSound ? $0.model.width : nil },
      Self("channels", \.channels, Bounds(C.soundChannels)) { $0.model.channels },
      Self("levels", \.model.levels, Bounds(C.levelCounts)) { $0.model.levels },
      Self("steps", \.model.steps, Bounds(C.stepCounts)) { $0.model.steps },
      Self("width", \.model.width, Bounds(C.hiddenCounts)) { $0.model.hidden },
      Self("coupling", \.model.coupling) { $0.model.coupling },
      Self("bits", \.model.bits, Bounds(C.imageBits)) {
        $0.model.medium.isSound ? nil : $0.model.bits
      },
      Self("layers", \.model.layers, Bounds(C.layerCounts)) { $0.model.audio?.layers },
      Self("sample-rate", \.audioOptions.sampleRate, Bounds(SoundFormat.rates)) {
        $0.model.audio?.rate
      },
      Self("resample", \.audioOptions.resample) {
        $0.model.medium.isSound ? $0.data.resample == true : nil
      },
      Self("skip-suspicious", \.audioOptions.skipSuspicious) {
        $0.model.medium.isSound ? $0.data.skipSuspicious == true : nil
      },
    ]
    return shape + held(\.held) + shared(\.training)
      + RunOption<TrainCommand, TrainingOptions>.all.map { $0.within(\.self, \.training) } + [
        Self("memory", \.memory, nil, .free) { $0.training.memory == .store ? .store : .recompute },
        Self("threads", \.threads.threads, nil, .free) { _ in ThreadPool.threads },
      ]
  }
}

extension RunOption<FitCommand, RunSettings<FlowConfiguration>> {
  /// Those of `glow fit`.
  static var all: [Self] {
    let shape: [Self] = [
      Self("table", \.table) { $0.data.table },
      Self("target", \.target) { $0.model.target },
      Self("flow", \.flow) { $0.model.flowList },
      Self("transforms", \.transforms) { $0.model.flows.count == 1 ? 1 : nil },
      Self("base", \.base) { $0.model.base },
      Self("hidden", \.hidden) { HiddenLayers(sizes: $0.model.hidden) },
      Self("activation", \.activation) { $0.model.activation },
      Self("bins", \.bins) { $0.model.bins },
      Self("components", \.components) { $0.model.components },
      Self("columns", \.columns) { $0.model.isSampler ? nil : listed($0.model.columns) },
      Self("conditional", \.conditional) { listed($0.model.context.map(\.name)) },
      Self("discrete", \.discrete) { listed($0.model.discrete) },
      Self("drop-missing", \.dropMissing) { $0.data.dropMissing },
      Self("patience", \.patience) { $0.model.isSampler ? nil : $0.training.patience ?? 0 },
      Self("annealing", \.annealing, TrainingOptions.warmups) {
        $0.model.isSampler ? $0.training.annealing : nil
      },
      Self("gradient", \.gradient) { $0.training.gradient },
    ]
    return shape + held(\.held) + shared(\.training) + [
      Self("threads", \.threads.threads, nil, .free) { _ in ThreadPool.threads }
    ]
  }

  /// As a list, unless a name can't stand in one.
  private static func listed(_ names: [String]) -> String? {
    let canBeListed = names.allSatisfy {
      !$0.contains(",") && $0 == $0.trimmingCharacters(in: .whitespaces)
    }
    return names.isEmpty || !canBeListed ? nil : names.joined(separator: ",")
  }
}

extension FlowConfiguration {
  /// The flows as `--flow` takes them: nsf,permute,nsf or planar*4.
  fileprivate var flowList: String {
    var runs: [(name: String, count: Int)] = []
    for flow in flows {
      if runs.last?.name == flow { runs[runs.count - 1].count += 1 } else { runs.append((flow, 1)) }
    }
    return runs.map { $0.count == 1 ? $0.name : "\($0.name)*\($0.count)" }.joined(separator: ",")
  }
}
