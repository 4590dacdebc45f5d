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
      EXAMPLES
        glow bench --levels 3 --steps 32 --width 512 --size 32x32 --channels 3 --batch 16
        glow bench --audio --segment 8192 --levels 6 --steps 4 --width 128 --layers 4 --batch 8
      """)

  @Flag(help: "Time a model of sound.")
  var audio = false
  @OptionGroup(title: "MODEL") var model: ModelOptions
  @Option(help: ArgumentHelp("Frames a second of the sound.", valueName: "hz"))
  var sampleRate = 16000
  @Option(help: ArgumentHelp("Images or segments in a step.", valueName: "n"))
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
    let c = try audio ? audioModel() : imageModel()
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
        {"peer":"swift-glow, oneDNN \(oneDNNVersion)","kind":"\(audio ? "audio" : "images")","mode":"\(memory.rawValue)",\
        "precision":"\(precision.rawValue)","batch":\(b.batch),"step_s":\(b.step.formatted(4)),\
        "examples_per_s":\(perStep.formatted(2)),"gflops":\(b.gflops.formatted(1)),\
        "sampling_s":\(b.sampling.formatted(4)),"samples_per_s":\(perSampling.formatted(2)),\
        \(audio ? "\"times_real_time\":\(realTime(c, perSampling).formatted(2))," : "")\
        "peak_rss_mb":\(b.peakResident)}
        """)
      return
    }
    let noun = audio ? "segments" : "images"
    let speed = audio ? ", \(realTime(c, perSampling).formatted(1)) times real time" : ""
    print(
      """
      model       \(c.summary); batch \(b.batch), \(precision.rawValue), \(memory.rawValue), \
      \(ThreadPool.threads) threads, oneDNN \(oneDNNVersion)
      training    \(b.step.formatted(4)) s a step, \(perStep.formatted(2)) \(noun)/s, \
      \(b.gflops.formatted(1)) GFLOP/s
      sampling    \(b.sampling.formatted(4)) s a batch, \(perSampling.formatted(2)) \(noun)/s\(speed)
      memory      \(grouped(b.peakResident)) MiB resident at its peak
      """)
  }

  private func imageModel() throws -> GlowConfiguration {
    try model.configuration(
      size: model.size ?? ImageSize((width: 32, height: 32)), channels: model.channels ?? 3)
  }

  private func audioModel() throws -> GlowConfiguration {
    var c = GlowConfiguration.suited(
      typical: 8192, channels: model.channels ?? 1, rate: sampleRate,
      segment: model.segment ?? model.size?.width, levels: model.levels, steps: model.steps,
      hidden: model.width, layers: model.layers)
    c.coupling = model.coupling ?? c.coupling
    return c
  }

  /// Seconds of sound made in a second.
  private func realTime(_ c: GlowConfiguration, _ segmentsPerSecond: Double) -> Double {
    segmentsPerSecond * Double(c.width) / Double(sampleRate)
  }
}
