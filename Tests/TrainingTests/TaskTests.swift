import Foundation
import Media
import Models
import Tensors
import Testing

@testable import Training

/// The loop on a task that has neither images nor a Glow: the mean and deviation of some numbers.
@Suite struct TaskTests {
  final class Normal: Model {
    struct Configuration: ModelConfiguration {
      var validationError: String? { nil }
    }
    static let kinds = ["normal"]
    static func kind(of configuration: Configuration) -> String { "normal" }

    let configuration: Configuration
    let mean = Parameter(zeros: [1])
    let logScale = Parameter(zeros: [1])

    init(_ configuration: Configuration, seed: UInt64) { self.configuration = configuration }

    private var density: (mean: Double, scale: Double) {
      (Double(mean.value.elements[0]), exp(Double(logScale.value.elements[0])))
    }

    func visitParameters(_ body: (String, Parameter) -> Void) {
      body("mean", mean)
      body("log_scale", logScale)
    }
    func initialize(from x: Tensor, _ context: Context) {}
    func logLikelihood(_ x: Tensor, _ context: Context) -> [Double] {
      x.elements.map {
        let u = (Double($0) - density.mean) / density.scale
        return -u * u / 2 - log(density.scale) - log(2 * Double.pi) / 2
      }
    }
    func addGradients(_ x: Tensor, weight: Float) {
      let (m, s) = density
      let u = x.elements.map { (Double($0) - m) / s }
      mean.accumulate([weight * Float(u.reduce(0, +) / s)])
      logScale.accumulate([weight * Float(u.reduce(0) { $0 + $1 * $1 - 1 })])
    }
    func sample(_ examples: Range<Int>, temperature: Float, _ context: Context, seed: UInt64)
      -> Tensor
    { Tensor(repeating: 0, shape: [examples.count, 1]) }
    func firstNonFinite(_ x: Tensor, _ context: Context) -> String? { nil }
    var conditionNumbers: [(name: String, number: Double)] { [] }
  }

  final class Task: TrainingTask {
    let normal = Normal(Normal.Configuration(), seed: 0)
    var model: any Model { normal }
    let options: TrainingOptions
    let metric = Metric(name: "nats", key: "nats")
    let numbers = Tensor(
      RandomStream(seed: 1, .samples).normal([256]).elements.map { 3 + 0.5 * $0 },
      shape: [256, 1])
    var poisoned: Set<Int> = []
    var mostReconstructionError: Float { 0.1 }

    init(_ options: TrainingOptions) { self.options = options }

    func addGradients(_ iteration: Int) throws -> LossGradient {
      normal.addGradients(numbers, weight: -1 / 256)
      return LossGradient(
        loss: mean, reconstructionError: poisoned.contains(iteration) ? 0.5 : 0)
    }
    func validate() throws -> Validation? {
      Validation(mean: mean, standardError: nil, metrics: [("deviations", 2)])
    }
    private var mean: Double {
      let all = normal.logLikelihood(numbers, Context())
      return -all.reduce(0, +) / Double(all.count)
    }
  }

  /// As many examples as ever of what is of a usual size, and few of what is large.
  @Test func initialExamplesAreBoundedInBytes() {
    let sizes = [32 * 32, 256 * 256 * 3, 8192 * 8, 512 * 512 * 3, 2048 * 2048 * 3, 1 << 29]
    #expect(
      sizes.map { GlowTask.initialCount(of: 1000, dimensions: $0) } == [256, 256, 256, 85, 5, 1])
    #expect(GlowTask.initialCount(of: 40, dimensions: 16) == 40)
  }

  @Test func anyTaskIsTrained() throws {
    let directory = NSTemporaryDirectory() + "task-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    var options = TrainingOptions()
    (options.learningRate, options.warmup, options.averageDecay) = (0.05, 0, 0.9)
    options.evaluateEvery = 100
    let task = Task(options)
    task.poisoned = [7]
    var plan = TrainingRun.Plan()
    plan.end = .iterations(300)
    let data = DataDescription(images: "", width: 1, height: 1, channels: 1)
    let run = try TrainingRun(
      Trainer(starting: task), data: data, directory: directory, .new, plan: plan)
    var warnings: [String] = []
    let finished = try run.run(
      report: { if case .warning(let text) = $0 { warnings.append(text) } })
    #expect(finished)
    #expect(abs(task.normal.mean.value.elements[0] - 3) < 0.1)
    #expect(abs(task.normal.logScale.value.elements[0] - log(0.5)) < 0.1)
    // a step that is skipped says why, in words that are true
    #expect(warnings.contains("step 8 was skipped: the input that was rebuilt is off by 0.5"))
    let metrics = try String(contentsOfFile: directory + "/metrics.jsonl", encoding: .utf8)
    for key in ["\"nats\":", "\"validation_nats\":", "\"deviations\":2"] {
      #expect(metrics.contains(key))
    }
    let error = #expect(throws: FileError.self) { try Checkpoint(reading: directory) }
    #expect(error?.reason == "is a model of normal", "a kind that is not registered is named")
  }
}
