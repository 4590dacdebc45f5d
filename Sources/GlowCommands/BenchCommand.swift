import ArgumentParser
import Foundation
import Media
import Models
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
        glow bench --flow nsf --columns 63 --hidden 256,256 --batch 512
        glow bench --audio --segment 8192 --levels 6 --steps 4 --width 128 --layers 4 --batch 8
        glow bench --audio --condition mel --sample-rate 22050
      """)

  @Flag(help: "Time a model of sound.")
  var audio = false
  @Option(help: ArgumentHelp("Time a density of a table of this flow.", valueName: "flow"))
  var flow: FlowName?
  @Option(help: ArgumentHelp("Columns of the table (default: 63).", valueName: "n"))
  var columns: Int?
  @Option(help: ArgumentHelp("How often the flow is taken (default: 5).", valueName: "n"))
  var transforms: Int?
  @Option(help: ArgumentHelp("Hidden units of its nets (default: 256,256).", valueName: "list"))
  var hidden: HiddenLayers?
  @Option(help: ArgumentHelp("Size of the images (default: 32x32).", valueName: "wxh"))
  var size: ImageSize?
  @Option(help: ArgumentHelp("Frames of a segment of sound (default: 8192).", valueName: "n"))
  var segment: Int?
  @Option(
    help: ArgumentHelp(
      "1 for gray, 3 for colour (default: 3); of sound 1 to 8 (default: 1).", valueName: "n"))
  var channels: Int?
  @OptionGroup(title: "MODEL") var model: ModelOptions
  @Option(help: ArgumentHelp("Frames a second of the sound.", valueName: "hz"))
  var sampleRate = 16000
  @Option(help: "Tell the nets a mel spectrum (default: nothing).")
  var condition: ConditionKind?
  @OptionGroup(title: "MEL SPECTRUM") var mel: MelOptions
  @Option(
    help: ArgumentHelp(
      "Images, segments or rows in a step (default: to suit, 8 of 32x32 and 2 of 8192; 512 rows).",
      valueName: "n"))
  var batch: Int?
  @Option(help: ArgumentHelp("Timed runs of each, of which the median counts.", valueName: "n"))
  var repeats = 5
  @Option(help: "Number format of the coupling nets; auto is the fastest here.")
  var precision: PrecisionChoice = .auto
  @Option(help: "Keep activations for the gradient, or rebuild them.")
  var memory: MemoryChoice = .store
  @Option(help: ArgumentHelp("Rounds that a batch is taken in (default: 1).", valueName: "n"))
  var accumulate: Int?
  @Option(
    help: ArgumentHelp("Time reading this folder's PNG files as well.", valueName: "dir"),
    completion: .directory)
  var images: String?
  @OptionGroup var links: LinkOptions
  @Flag(help: "Print where a training step's time goes, by operation.")
  var profile = false
  @Option(help: "The rule that turns gradients into steps.")
  var optimizer = TrainingOptions.OptimizerKind.muon
  @Flag(help: "Print one JSON object.")
  var json = false
  @OptionGroup var threads: ThreadOptions

  func validate() throws {
    try check(
      flow != nil || columns == nil && transforms == nil && hidden == nil,
      "--columns, --transforms and --hidden are for --flow")
    try check(flow == nil || !audio && images == nil, "--flow excludes --audio and --images")
    try check("columns", columns, Bounds(2...4096))
    try check("transforms", transforms, FlowConfiguration.transformCounts)
    try check("hidden", hidden, HiddenLayers.lists)
    try check(images != nil || !links.follow, "--follow-links is for --images")
    try check(
      audio || segment == nil && model.layers == nil,
      "--segment and --layers are for --audio")
    try check(audio || condition == nil, "--condition is for --audio")
    try check(
      condition != nil || mel.isEmpty,
      "--mel-bands, --fft, --hop, --fmin and --fmax are for --condition mel")
    try check(!audio || model.bits == nil, "--bits is for images")
    try check(!audio || size == nil, "--size is for images; --segment is for sounds")
    typealias C = GlowConfiguration
    try check("channels", channels, audio ? Bounds(C.soundChannels) : C.imageChannels)
    try check("segment", segment, C.segments)
    try check("sample-rate", sampleRate, Bounds(SoundFormat.rates))
    try check("size", size, ImageSize.sizes)
    try check(images == nil || !audio, "--images excludes --audio")
    try check(!(profile && json), "--profile and --json exclude each other")
    try check("repeats", repeats, Bounds(1...1000))
    try check("accumulate", accumulate, TrainingOptions.batches)
    try check("batch", batch, TrainingOptions.batches)
  }

  func run() throws {
    threads.apply()
    if let flow {
      try check(World.ranks.size == 1, "--flow is for one process")
      return try benchFlow(flow)
    }
    let c = try audio ? audioModel() : imageModel()
    if let validationError = c.validationError { throw ValidationError(validationError) }
    var options = TrainingOptions.suited(to: c)
    options.batch = batch ?? options.batch
    let ranks = World.ranks
    try check(
      options.batch >= ranks.size,
      "--batch \(options.batch) has not an example for each of \(ranks.size) ranks")
    let glow = Glow(c)
    options.cut(
      for: ranks, threads: ThreadPool.threads, rounds: accumulate ?? 1,
      parameters: glow.parameterCount)
    options.optimizer = optimizer
    options.muonInterval = options.suitedMuonInterval(for: c)
    let precision = precision.resolved
    options.precision = precision
    options.memory = memory.resolved(
      for: c, batch: options.examplesAtOnce(threads: ThreadPool.threads), precision)
    let memory = options.memory
    if !json {
      print(
        "model       \(c.summary); batch \(options.batch)\(options.partsInWords), \(precision.rawValue), "
          + "\(memory.rawValue), \(counted(ThreadPool.threads, "thread")), oneDNN \(oneDNNVersion)")
      fflush(nil)
    }
    try World.share(glow) {
      [
        ("the model", c.summary), ("--batch", "\(options.batch)\(options.partsInWords)"),
        ("--optimizer", optimizer.rawValue), ("--repeats", "\(repeats)"),
        ("--profile", "\(profile)"),
      ]
    }
    let b = try Benchmark(c, options, repeats: repeats, profile: profile, over: ranks)
    let perStep = Double(b.batch) / b.step
    let perSampling = Double(b.batch) / b.sampling
    let loading = try images.map { try Benchmark.loading($0, for: c, followingLinks: links.follow) }
    if json {
      print(
        """
        {"peer":"swift-glow, oneDNN \(oneDNNVersion)","kind":"\(audio ? "audio" : "images")","mode":"\(memory.rawValue)",\
        "precision":"\(precision.rawValue)","batch":\(b.batch),"threads":\(ThreadPool.threads),"step_s":\(b.step.formatted(4)),\
        "examples_per_s":\(perStep.formatted(2)),"gflops":\(b.gflops.formatted(1)),\
        "limit_gflops":\(b.limit.formatted(1)),\
        "sampling_s":\(b.sampling.formatted(4)),"samples_per_s":\(perSampling.formatted(2)),\
        \(audio ? "\"times_real_time\":\(realTime(c, perSampling).formatted(2))," : "")\
        \(loading.map { "\"loading_per_s\":\($0.formatted(0))," } ?? "")\
        \(b.traffic.map { $0.fields.map { "\"\($0.key)\":\($0.value)," }.joined() } ?? "")\
        "peak_rss_mb":\(b.peakResident),"parameters_mb":\(b.parameters)}
        """)
      return
    }
    let noun = audio ? "segments" : "images"
    let speed = audio ? ", \(realTime(c, perSampling).formatted(1)) times real time" : ""
    print(
      """
      training    \(b.step.formatted(4)) s a step, \(perStep.formatted(2)) \(noun)/s, \
      \(b.gflops.formatted(1)) GFLOP/s
      limit       \(b.limit.formatted(1)) GFLOP/s, a product of 2048x2048 matrices of \(precision.rawValue); training reaches \
      \((100 * b.gflops / b.limit).formatted(0)) % of it
      sampling    \(b.sampling.formatted(4)) s a batch, \(perSampling.formatted(2)) \(noun)/s\(speed)
      memory      \(grouped(b.peakResident)) MiB resident at its peak, \(grouped(b.parameters)) of them \
      parameters, gradients, moments and averages
      """)
    if let traffic = b.traffic, let words = World.words {
      print(
        "ranks       \(words): \(traffic.computing.formatted(4)) s computed here, "
          + "\(traffic.waiting.formatted(4)) s waited, "
          + "\((Double(traffic.bytes) / 1e6).formatted(1)) MB over its links in a step, "
          + "\((Double(traffic.bytes) / b.step / 1e6).formatted(1)) MB/s")
    }
    if let loading {
      print(
        "loading     \(grouped(Int(loading))) images/s, \(grouped(Int(loading / perStep))) times "
          + "what training takes")
    }
    if profile { printProfile(b.operations, step: b.step, limit: b.limit) }
  }

  /// Operation by operation: its time, its share of the step, its speed and that over the
  /// machine's.
  func printProfile(_ operations: [String: Profile.Entry], step: Double, limit: Double?) {
    print("")
    func row(_ name: String, _ columns: [String]) {
      print(
        name.padding(toLength: 30, withPad: " ", startingAt: 0)
          + columns.map { String(repeating: " ", count: max(1, 10 - $0.count)) + $0 }.joined())
    }
    row("operation", ["calls", "seconds", "share", "GFLOP/s", "of limit"])
    let named = operations.sorted { $0.value.seconds > $1.value.seconds }
    for (name, entry) in named {
      let speed = entry.flops / entry.seconds / 1e9
      let share = "\((100 * entry.seconds / step).formatted(1)) %"
      row(
        name,
        ["\(entry.calls)", entry.seconds.formatted(4), share]
          + (speed > 0
            ? [speed.formatted(1)] + (limit.map { ["\((100 * speed / $0).formatted(0)) %"] } ?? [])
            : []))
    }
    let rest = max(0, step - named.reduce(0) { $0 + $1.value.seconds })
    row("the rest", ["", rest.formatted(4), "\((100 * rest / step).formatted(1)) %"])
  }

  private func imageModel() throws -> GlowConfiguration {
    try model.configuration(
      size: size ?? ImageSize((width: 32, height: 32)), channels: channels ?? 3)
  }

  private func audioModel() throws -> GlowConfiguration {
    var c = GlowConfiguration.suited(
      typical: 8192, channels: channels ?? 1, rate: sampleRate,
      segment: segment, levels: model.levels, steps: model.steps,
      hidden: model.width, layers: model.layers)
    try model.couple(&c)
    if condition != nil { c.condition = try mel.condition(rate: sampleRate) }
    return c
  }

  /// Seconds of sound made in a second.
  private func realTime(_ c: GlowConfiguration, _ segmentsPerSecond: Double) -> Double {
    segmentsPerSecond * Double(c.width) / Double(sampleRate)
  }
}
