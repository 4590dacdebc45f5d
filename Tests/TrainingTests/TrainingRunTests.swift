import Foundation
import Media
import Models
import Tensors
import Testing

@testable import Training

/// A run and its directory: what survives, and what is refused.
@Suite(.serialized) final class TrainingRunTests {
  let folder = NSTemporaryDirectory() + "runs-\(UUID().uuidString)"
  let images: ImageSet
  let data: DataDescription

  init() throws {
    try FileManager.default.createDirectory(
      atPath: folder + "/images", withIntermediateDirectories: true)
    for i in 0..<24 {
      let pixels = (0..<8 * 8).map { UInt8(($0 % 8 * (i % 5 + 2) + $0 / 8 * 3 + i) % 256) }
      try PNG.write(
        Image(width: 8, height: 8, channels: 1, pixels: pixels), to: "\(folder)/images/\(i).png")
    }
    images = try ImageFolder(folder + "/images").load(width: 8, height: 8, channels: 1)
    data = DataDescription(images: folder, width: 8, height: 8, channels: 1)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  func trainer() throws -> Trainer {
    var options = TrainingOptions()
    (options.batch, options.warmup, options.cooldown) = (8, 5, 0.5)
    (options.evaluateEvery, options.sampleEvery) = (10, 1000)
    let model = GlowConfiguration(
      height: 8, width: 8, channels: 1, levels: 2, steps: 2, hidden: 8)
    return try Trainer(Glow(model, seed: 1), images, validation: images, options)
  }

  func plan(_ iterations: Int) -> TrainingRun.Plan {
    var plan = TrainingRun.Plan()
    plan.end = .iterations(iterations)
    plan.saveEvery = 5
    return plan
  }

  func run(
    _ trainer: Trainer, _ plan: TrainingRun.Plan, in directory: String = "run",
    _ beginning: TrainingRun.Beginning = .new
  ) throws -> TrainingRun {
    try TrainingRun(
      trainer, data: data, directory: "\(folder)/\(directory)", beginning, plan: plan)
  }

  /// Metrics but for what a clock says.
  func metrics(_ directory: String) throws -> [[String: Double]] {
    let text = try String(contentsOfFile: "\(folder)/\(directory)/metrics.jsonl", encoding: .utf8)
    return try text.split(separator: "\n").map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8))
      var values = try #require(object as? [String: Double])
      values["seconds"] = nil
      values["examples_per_second"] = nil
      return values
    }
  }

  func tensors(_ path: String) throws -> [String: Data] {
    let file = try Safetensors(reading: folder + "/" + path)
    var all: [String: Data] = [:]
    for name in file.entries.keys where name != "state.seconds" {
      all[name] = try file.bytes(name) { Data($0) }
    }
    return all
  }

  /// Best weights that wait for the disk are written with the state and at the end, as they were.
  @Test func theBestIsWrittenLaterAsItWas() throws {
    let trainer = try trainer()
    var plan = plan(40)
    (plan.bestSeconds, plan.saveEvery) = (.infinity, 1000)
    var figures: [Double] = []
    var before: Double?
    let whole = try run(trainer, plan)
    #expect(
      try whole.run(report: { event in
        guard case .evaluated(_, let mean, _, _) = event else { return }
        figures.append(mean)
        before = try? Checkpoint(reading: folder + "/run/best.safetensors").state.best
      }))
    #expect(figures.count == 4 && before == figures[0], "only the first was written at once")
    let best = try Checkpoint(reading: folder + "/run/best.safetensors")
    #expect(best.state.best == figures.min() && trainer.state.best == figures.min())
    let model = try best.model(of: Glow.self)
    let task = try GlowTask(model, images, validation: images, trainer.options)
    #expect(try task.validate()?.mean == best.state.best)
  }

  /// Stopped between two lines of metrics and gone on with: the same state, best and metrics, bit
  /// for bit, as if it had never stopped.
  @Test func resumeIsExactInEveryFile() throws {
    _ = try run(trainer(), plan(40), in: "whole").run()

    try stoppedRun(after: 23)
    // what a kill leaves: lines after the last state, and half a one
    let log = folder + "/run/metrics.jsonl"
    let handle = try #require(FileHandle(forWritingAtPath: log))
    try handle.seekToEnd()
    try handle.write(contentsOf: Data("{\"iteration\":30,\"bits_per_dim\":1}\n{\"itera".utf8))
    try handle.close()
    let (second, late) = (try resumed("run"), try resumed("run"))
    _ = try run(second, plan(40), .resumed).run()
    #expect(try tensors("run/last.safetensors") == tensors("whole/last.safetensors"))
    #expect(try tensors("run/best.safetensors") == tensors("whole/best.safetensors"))
    #expect(try metrics("run") == metrics("whole"))
    let error = #expect(throws: FileError.self) { _ = try run(late, plan(40), .resumed) }
    #expect(error?.reason.contains("has changed since it was read") == true)
  }

  private func resumed(_ directory: String) throws -> Trainer {
    let checkpoint = try Checkpoint(reading: "\(folder)/\(directory)", preferring: "last")
    return try Trainer(
      resuming: checkpoint,
      GlowTask(
        Glow(checkpoint.configuration(of: Glow.self)), images, validation: images,
        checkpoint.config.training))
  }

  /// A fork takes along the best that its state tells of, and no other.
  @Test func aForkHasTheBestOfItsState() throws {
    _ = try run(trainer(), plan(10)).run()
    func best(_ name: String) throws -> Data {
      try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)/best.safetensors"))
    }
    func warnings(_ trainer: Trainer, in directory: String, from origin: String?) throws
      -> [String]
    {
      var told: [String] = []
      let run = try run(trainer, plan(10), in: directory, .forked(from: origin))
      _ = try run.run(report: { if case .warning(let text) = $0 { told.append(text) } })
      return told
    }
    #expect(try warnings(resumed("run"), in: "fork", from: folder + "/run").isEmpty)
    #expect(try best("fork") == best("run") && metrics("fork") == metrics("run"))

    let early = try resumed("run")
    _ = try run(resumed("run"), plan(40), .resumed).run()
    #expect(try best("run") != best("fork"), "the run got better")
    for (directory, origin) in [("late", folder + "/run"), ("bare", nil)] {
      early.state.best = try resumed("fork").state.best
      early.state.evaluationsSinceBest = 3
      #expect(try warnings(early, in: directory, from: origin).count == 1)
      #expect(early.state.best == .infinity && early.state.evaluationsSinceBest == 0)
      #expect(throws: CocoaError.self) { _ = try best(directory) }
    }
    _ = try run(resumed("bare"), plan(20), in: "bare", .resumed).run()
    #expect(try Checkpoint(reading: folder + "/bare").state.iteration == 20)
  }

  /// A run of its own, whose lock goes with it.
  private func stoppedRun(after count: Int) throws {
    var steps = 0
    let finished = try run(trainer(), plan(40)).run(
      isStopped: { steps >= count }, report: { if case .step = $0 { steps += 1 } })
    #expect(!finished)
  }

  @Test func aSecondRunInOneDirectoryIsRefused() throws {
    let first = try run(trainer(), plan(5))
    let error = #expect(throws: FileError.self) { _ = try self.run(self.trainer(), self.plan(5)) }
    #expect(error?.reason.contains("process \(getpid())") == true, "\(String(describing: error))")
    withExtendedLifetime(first) {}
  }

  /// The lock ends with its holder; what that wrote meanwhile is not overwritten.
  @Test func aRunThatEndedMeanwhileStays() throws {
    let late = try trainer()
    _ = try run(trainer(), plan(1)).run()
    let error = #expect(throws: FileError.self) { _ = try self.run(late, self.plan(1)) }
    #expect(error?.reason == "holds a run by now")
    _ = try run(resumed("run"), plan(1), .resumed)
  }

  /// A poisoned gradient costs one step, which is named.
  @Test func oneBadStepIsSkipped() throws {
    let trainer = try trainer()
    try trainer.step()
    let slot = trainer.optimizer.slots[3]
    slot.parameter.accumulate(Array(repeating: .nan, count: slot.parameter.value.count))
    #expect(try trainer.step().skipped == .notFinite("the gradient of \(slot.name)"))
    #expect(try trainer.step().skipped == nil)
    #expect(trainer.state.skipped == 1 && trainer.state.skippedInRow == 0)
  }

  /// A poisoned weight ends the run, or sends it back; neither spoils the last file.
  @Test(arguments: TrainingRun.OnDivergence.allCases)
  func divergence(_ action: TrainingRun.OnDivergence) throws {
    let trainer = try trainer()
    var plan = plan(40)
    plan.onDivergence = action
    let run = try run(trainer, plan)
    var warnings: [String] = []
    func report(_ event: TrainingRun.Event) {
      if case .warning(let text) = event { warnings.append(text) }
      guard case .step(let step, _, _) = event, step.iteration == 12, warnings.isEmpty else {
        return
      }
      let parameter = trainer.optimizer.slots[0].parameter
      parameter.set([.nan] + parameter.value.elements.dropFirst())
    }
    switch action {
    case .stop:
      #expect(throws: Trainer.Diverged.self) { _ = try run.run(report: report) }
      #expect(try Checkpoint(reading: folder + "/run", preferring: "last").state.iteration == 10)
    case .rollback:
      #expect(try run.run(report: report))
      #expect(trainer.state.iteration == 40 && trainer.state.rollbacks == 1)
      #expect(warnings.contains { $0.contains("back to step 10 at half the rate, 1 of 3") })
      let lines = try metrics("run")
      let rollback = try #require(lines.first { $0["rollback"] != nil })
      #expect(rollback["iteration"] == 10 && rollback["learning_rate"] == 0.0005)
      let last = try #require(lines.last { $0["learning_rate"] != nil }?["learning_rate"])
      #expect(abs(last - 0.0005 * 0.05) < 1e-9, "half the rate, a fortieth of the run from its end")
      #expect(
        try Checkpoint(reading: folder + "/run", preferring: "last").model(of: Glow.self, .raw)
          .isFinite)
    }
  }

  /// A model that no longer inverts ends the run, or sends it back, and is never the best.
  @Test(arguments: TrainingRun.OnDivergence.allCases)
  func aModelThatDoesNotInvertEndsTheRun(_ action: TrainingRun.OnDivergence) throws {
    let trainer = try trainer()
    var plan = plan(40)
    plan.onDivergence = action
    let run = try run(trainer, plan)
    var warnings: [String] = []
    func report(_ event: TrainingRun.Event) {
      if case .warning(let text) = event { warnings.append(text) }
      guard case .step(let step, _, _) = event, step.iteration == 20, warnings.isEmpty,
        let scale = trainer.optimizer.slots.first(where: { $0.name.hasSuffix("mix.log_diagonal") })
      else { return }
      var values = scale.ema.value.elements
      (values[0], values[1]) = (-8, 8)
      scale.ema.set(values)
    }
    switch action {
    case .stop:
      let error = #expect(throws: Trainer.Diverged.self) { _ = try run.run(report: report) }
      let words = error.map { "\($0)" } ?? ""
      #expect(words.contains("does not invert; ") && words.contains("mix"), "\(words)")
      #expect(try Checkpoint(reading: folder + "/run", preferring: "last").state.iteration == 15)
    case .rollback:
      #expect(try run.run(report: report))
      #expect(warnings.contains { $0.contains("does not invert") }, "\(warnings)")
      #expect(trainer.state.iteration == 40 && trainer.state.rollbacks == 1)
    }
    let best = try Checkpoint(reading: folder + "/run", preferring: "best").model(
      of: Glow.self, .ema)
    #expect(best.conditionNumbers.allSatisfy { $0.number < 1000 })
  }

  /// A directory that vanishes: warnings with the path, training to the end, and an error then.
  @Test func aVanishedDirectoryDoesNotEndTheRun() throws {
    let trainer = try trainer()
    let run = try run(trainer, plan(20))
    var warnings: [String] = []
    let error = #expect(throws: FileError.self) {
      _ = try run.run(report: { event in
        if case .warning(let text) = event { warnings.append(text) }
        guard case .step(let step, _, _) = event, step.iteration == 7 else { return }
        try? FileManager.default.removeItem(atPath: self.folder + "/run")
      })
    }
    #expect(trainer.state.iteration == 20)
    #expect(error?.kind == .unwritable && error?.path.hasSuffix("last.safetensors") == true)
    #expect(warnings.count { $0.contains("last.safetensors") } == 3, "\(warnings)")
  }

  /// Up over the warm-up, level, and down over the last part of whatever the run's end is; a run
  /// given a later end is level again.
  @Test func theRateFallsToTheEndOfTheRun() {
    var options = TrainingOptions()
    (options.learningRate, options.warmup, options.cooldown) = (1, 10, 0.4)
    var state = Trainer.State()
    func rate(_ end: TrainingRun.End) -> Float {
      options.rate(at: state.iteration, done: end.done(state))
    }
    (state.iteration, state.seconds) = (4, 60)
    #expect(rate(.iterations(100)) == 0.5)
    (state.iteration, state.seconds) = (60, 60)
    #expect(rate(.iterations(100)) == 1)
    #expect(abs(rate(.iterations(75)) - 0.5) < 1e-6, "0.2 of 0.4 are left")
    #expect(abs(rate(.minutes(1.25)) - 0.5) < 1e-6)
    #expect(rate(.minutes(10)) == 1 && rate(.iterations(60)) == 0 && rate(.iterations(1)) == 0)
    options.cooldown = nil
    #expect(rate(.iterations(61)) == 1)
  }

  /// Muon's moves are an eighth of a step's arithmetic at most, as far as 8 steps between them do that.
  @Test func muonsIntervalSuitsTheModel() {
    func interval(_ width: Int, batch: Int, _ rule: TrainingOptions.OptimizerKind = .muon) -> Int? {
      var options = TrainingOptions()
      (options.optimizer, options.batch) = (rule, batch)
      return options.suitedMuonInterval(
        for: GlowConfiguration(height: 32, width: 32, channels: 3, hidden: width))
    }
    #expect(interval(128, batch: 16) == 2 && interval(128, batch: 64) == nil)
    #expect(interval(512, batch: 16) == 8 && interval(512, batch: 16, .adam) == nil)
    let options = TrainingOptions()
    #expect([20, 1000, 9000].map { options.suitedWarmup(for: .iterations($0)) } == [1, 50, 100])
    #expect(options.suitedWarmup(for: .minutes(1)) == 100)
  }

  /// The bound that moves is the default; an older run has what it had.
  @Test func theBoundOfAnOlderRunStays() throws {
    let old = try JSONDecoder().decode(
      TrainingOptions.self,
      from: Data(
        """
        {"batch":8,"seed":0,"optimizer":"adam","learningRate":0.001,"warmup":1,"weightDecay":0,
        "clipNorm":50,"averageDecay":0.9,"flip":false,"memory":"store"}
        """.utf8))
    #expect(old.clipNorm == 50 && old.clipRatio == nil && old.cooldown == nil)
    #expect(old.gradientLimit(3) == 50 && TrainingOptions().gradientLimit(3) == 6)
    #expect(TrainingOptions().gradientLimit(0) == .infinity)
  }

  /// The mean that the bound moves with follows a rise within a warm-up; one explosion hardly moves
  /// it.
  @Test func theBoundFollowsTheNorm() {
    var state = Trainer.State()
    func note(_ norm: Double) {
      state.note(gradientNorm: norm)
      state.iteration += 1
    }
    note(4)
    note(1)
    #expect(abs(state.meanGradientNorm - 2) < 1e-9, "at first it is the mean of all")
    for _ in 0..<100 { note(2) }
    note(1e6)
    #expect(state.meanGradientNorm < 2.6)
    for _ in 0..<30 { note(100) }
    #expect(state.meanGradientNorm > 80)
    note(0)
    #expect(state.meanGradientNorm > 80 && state.meanGradientNorm < 100, "a norm of 0 says nothing")
  }

  @Test func temporaryFilesOfTheDeadAreRemoved() throws {
    let directory = folder + "/run"
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
    // a process number that is surely free: beyond the largest that Linux gives
    for name in [".last.safetensors.partial-9999999", ".old.png.partial-9999999"] {
      try Data([1]).write(to: URL(fileURLWithPath: "\(directory)/\(name)"))
    }
    let mine = "\(directory)/.other.partial-\(getppid())"
    try Data([1]).write(to: URL(fileURLWithPath: mine))
    _ = try run(trainer(), plan(1)).run()
    let left = try FileManager.default.contentsOfDirectory(atPath: directory)
      .filter { $0.contains("partial") }
    #expect(left == [".other.partial-\(getppid())"], "that of a process that lives")
  }

  @Test func whatIsUnknownIsNamedAndKept() throws {
    let trainer = try trainer()
    let path = folder + "/known.safetensors"
    try Checkpoint.write(trainer, data: data, to: path, resumable: true)
    #expect(try Checkpoint(reading: path).unknown.isEmpty)
    let file = try Safetensors(reading: path)
    var records: [TensorRecord] = [TensorRecord("extra", shape: [1], [Float(1)])]
    for (name, entry) in file.entries {
      let bytes = try file.bytes(name) { Array($0) }
      records.append(
        TensorRecord(name, dtype: entry.dtype, shape: entry.shape) { body in
          try bytes.withUnsafeBytes { try body($0) }
        })
    }
    let config = try #require(file.metadata["config"])
      .replacing("\"model\":{", with: "\"model\":{\"mood\":\"blue\",")
    try Safetensors.write(
      to: path, metadata: ["config": config, "author": "é"], tensors: records)
    let read = try Checkpoint(reading: path)
    #expect(read.unknown == ["extra", "config.model.mood"])

    try read.restore(trainer)
    try Checkpoint.write(trainer, data: data, end: .minutes(1), to: path, resumable: true)
    let kept = try Safetensors(reading: path)
    #expect(kept.metadata["author"] == "é")
    let json = try #require(kept.metadata["config"])
    #expect(json.contains("\"mood\":\"blue\"") && json.contains("\"minutes\":1"))
    #expect(try Checkpoint(reading: path).config.training == trainer.options)
  }

  /// A layer whose inverse magnifies is found by its condition number.
  @Test func theWorstLayerIsNamed() throws {
    let trainer = try trainer()
    #expect(trainer.glow.conditionNumbers.count == 8)
    for (name, number) in trainer.glow.conditionNumbers where name.hasSuffix("mix") {
      #expect(abs(number - 1) < 1e-3, "\(name) is a rotation at first")
    }
    trainer.glow.visitParameters { name, parameter in
      guard name == "levels.1.steps.1.mix.log_diagonal" else { return }
      var values = parameter.value.elements
      values[0] -= 20
      parameter.set(values)
    }
    let worst = trainer.glow.conditionNumbers.max { $0.number < $1.number }
    #expect(worst?.name == "levels.1.steps.1.mix")
    let run = try run(trainer, plan(10))
    let error = #expect(throws: Trainer.Diverged.self) { _ = try run.run() }
    #expect(error.map { "\($0)".hasSuffix(", of levels.1.steps.1.mix") } == true)
  }
}

extension Glow {
  fileprivate var isFinite: Bool {
    var finite = true
    visitParameters { _, parameter in finite = finite && parameter.value.isFinite }
    return finite
  }
}
