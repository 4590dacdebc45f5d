import Foundation
import Media
import Training

/// Shows a run as it goes: steps, validations, warnings, and how it ended.
struct RunProgress {
  private let trainer: Trainer
  private let plan: TrainingRun.Plan
  private let examples: Int
  private let noun: String
  private let goOn: String
  private let isQuiet: Bool

  /// Of a run over so many examples, which are called `noun`s; `goOn` is the command that resumes
  /// it.
  init(
    _ trainer: Trainer, _ plan: TrainingRun.Plan, examples: Int,
    noun: String, goOn: String, isQuiet: Bool
  ) {
    (self.trainer, self.plan) = (trainer, plan)
    (self.examples, self.noun, self.goOn, self.isQuiet) = (examples, noun, goOn, isQuiet)
  }

  /// When the run ends, for the screen.
  var end: String {
    switch plan.end {
    case .iterations(let n):
      let epochs = Double(n * trainer.options.batch) / Double(max(1, examples))
      return "after \(counted(n, "step"))" + (examples > 0 ? ", \(epochs.formatted(1)) epochs" : "")
    case .minutes(let m):
      let whole = m == m.rounded() && m < 1e9
      return "after \(whole ? counted(Int(m), "minute") : "\(m) minutes") of training"
    }
  }

  /// Runs it to its end, or until somebody asks it to stop. `watch` is called after each step.
  func run(_ trainingRun: TrainingRun, watch: () -> Void = {}) throws {
    var bar = ProgressBar(isQuiet: isQuiet)
    let start = trainer.state
    let metric = trainer.task.metric
    func show(_ event: TrainingRun.Event) {
      switch event {
      case .step(let step, let perSecond, let done):
        watch()
        let spent = trainer.state.seconds - start.seconds
        let left: Double
        switch plan.end {
        case .iterations(let n):
          left = spent * Double(n - step.iteration) / Double(step.iteration - start.iteration)
        case .minutes(let minutes): left = minutes * 60 - trainer.state.seconds
        }
        bar.update(
          done: done,
          "step \(step.iteration)  \(metric.value(step.loss).formatted(3)) \(metric.name)  "
            + "\(perSecond.formatted(perSecond < 10 ? 1 : 0)) \(noun)/s  "
            + "\(ProgressBar.clock(left)) left")
      case .evaluated(let iteration, let mean, let error, let isBest):
        bar.line(
          "step \(iteration)  validation \(metric.value(mean).formatted(4))\(plusMinus(error)) "
            + "\(metric.name)" + (isBest ? "  best so far" : ""))
      case .warning(let text): warn(text)
      }
    }
    if trainingRun.done >= 1 {
      note(
        "the run is past its end already, \(end); --minutes, --iterations or --epochs says "
          + "another")
    }
    if trainingRun.hasSettled {
      note(
        "the last \(counted(start.evaluationsSinceBest, "validation")) of the run brought "
          + "nothing better, which is its end; --patience says another")
    }
    let finished = try trainingRun.run(isStopped: { Interruption.status != nil }, report: show)
    let state = trainer.state
    let settled = trainingRun.hasSettled ? ", as validation no longer got better," : ""
    bar.line(
      "\(finished ? "done" : "stopped")\(settled) after \(counted(state.iteration, "step")) in "
        + "\(ProgressBar.clock(state.seconds))"
        + (state.skipped > 0 ? ", \(state.skipped) of them skipped" : "")
        + (state.best.isFinite
          ? "; best validation \(metric.value(state.best).formatted(4)) \(metric.name)" : ""))
    guard !finished else { return }
    bar.line("go on with: \(goOn)")
  }

  /// A step of a dry run that nothing was learned from.
  struct Unlearned: Error, CustomStringConvertible {
    let step: Int
    let reason: SkipReason
    var description: String { "dry run: step \(step) would be skipped: \(reason)" }
  }

  /// Takes three steps and says what they took, and when the run would end; nothing if somebody
  /// asks it to stop. Throws an `Unlearned` at the first that nothing is learned from.
  func rehearse() throws {
    let count = 3
    let start = trainer.state
    var times: [Double] = []
    for _ in 0..<count {
      let before = trainer.state.seconds
      let (skipped, wishes): (SkipReason?, StepWishes)
      do {
        let step = try trainer.step(wishes: Interruption.status == nil ? [] : .stop)
        (skipped, wishes) = (step.skipped, step.wishes)
      } catch Trainer.Diverged.skipped(let reason) {
        (skipped, wishes) = (reason, [])
      }
      if let skipped { throw Unlearned(step: trainer.state.iteration, reason: skipped) }
      if wishes.contains(.stop) { return }
      times.append(trainer.state.seconds - before)
    }
    guard !isQuiet else { return }
    let time = times.sorted()[count / 2]
    let perSecond = Double(trainer.options.batch) / time
    let likely =
      switch plan.end {
      case .iterations(let n):
        "\(ProgressBar.clock(Double(max(0, n - start.iteration)) * time)) of training"
      case .minutes(let m): likelySteps(max(0, m * 60 - start.seconds) / time)
      }
    print(
      """
      dry run     \(String(format: "%.3g", time)) s a step, \
      \(perSecond.formatted(perSecond < 10 ? 1 : 0)) \(noun)/s; \(grouped(Benchmark.peakMemory)) MiB at its \
      peak
                  likely \(likely), validations and samples apart; nothing was written
      """)
  }

  private func likelySteps(_ steps: Double) -> String {
    let epochs = steps * Double(trainer.options.batch) / Double(max(1, examples))
    return "\(counted(Int(min(steps, 1e15)), "step")) in that time"
      + (examples > 0 ? ", \(epochs.formatted(1)) epochs" : "")
  }
}
