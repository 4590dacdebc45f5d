import ArgumentParser
import Flows
import Foundation
import Tensors
import Training

/// `glow bench`
struct BenchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bench",
    abstract: "Times a training step and a sampling pass of a fresh model.",
    discussion: """
      EXAMPLE
        glow bench --levels 3 --steps 32 --width 512 --size 32x32 --channels 3 --batch 16
      """)

  @OptionGroup(title: "MODEL") var model: ModelOptions
  @Option(help: ArgumentHelp("Images in a step.", valueName: "n"))
  var batch: Int?
  @Option(help: ArgumentHelp("Timed runs of each, of which the median counts.", valueName: "n"))
  var repeats = 5
  @Option(help: "Number format of the coupling nets.")
  var precision: Precision = .float32
  @Option(help: "Keep activations for the gradient, or rebuild them.")
  var memory: Glow.Memory = .store
  @Flag(help: "Print one JSON object.")
  var json = false
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    try check((1...1000).contains(repeats), "--repeats must be 1 to 1000")
    try check(batch.map { (1...65536).contains($0) } ?? true, "--batch must be 1 to 65536")
  }

  func run() throws {
    threads.apply()
    let size = model.size ?? ImageSize((width: 32, height: 32))
    let c = try model.configuration(size: size, channels: model.channels ?? 3)
    if let defect = c.defect { throw ValidationError(defect) }
    var options = TrainingOptions()
    options.batch = batch ?? c.suitedBatch
    options.memory = memory
    let b = Benchmark(c, options, repeats: repeats)
    let perStep = Double(b.batch) / b.step
    let perSampling = Double(b.batch) / b.sampling
    if json {
      print(
        """
        {"peer":"swift-glow, oneDNN \(oneDNNVersion)","kind":"images","mode":"\(memory.rawValue)",\
        "precision":"\(precision.rawValue)","batch":\(b.batch),"step_s":\(b.step.formatted(4)),\
        "examples_per_s":\(perStep.formatted(2)),"gflops":\(b.gflops.formatted(1)),\
        "sampling_s":\(b.sampling.formatted(4)),"samples_per_s":\(perSampling.formatted(2)),\
        "peak_rss_mb":\(b.peakResident)}
        """)
      return
    }
    print(
      """
      model       \(c.width)x\(c.height)x\(c.channels), \(c.levels) levels of \(c.steps) steps, \
      \(c.hidden) hidden channels; batch \(b.batch), \(precision.rawValue), \(memory.rawValue), \
      \(ThreadPool.threads) threads, oneDNN \(oneDNNVersion)
      training    \(b.step.formatted(4)) s a step, \(perStep.formatted(2)) images/s, \
      \(b.gflops.formatted(1)) GFLOP/s
      sampling    \(b.sampling.formatted(4)) s a batch, \(perSampling.formatted(2)) images/s
      memory      \(grouped(b.peakResident)) MiB resident at its peak
      """)
  }
}
