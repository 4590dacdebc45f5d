import Foundation
import Media
import Models
import Tensors

/// Times training steps and sampling passes of a fresh model on random input.
public struct Benchmark: Sendable {
  /// The median of a training step, seconds: gradients, their norm, the update.
  public let step: Double
  /// The median of drawing a batch, or a rank's share of it, seconds; of the peers it is the pass from
  /// latents alone.
  public let sampling: Double
  /// Examples in a step.
  public let batch: Int
  /// Of a training step: three forward passes' worth.
  public let gflops: Double
  /// The machine's own limit in the same precision, GFLOP/s: the median of products of two
  /// 2048×2048 matrices, right after the sampling passes.
  public let limit: Double
  /// The largest resident memory of this process so far, MiB.
  public let peakResident: Int
  /// Of it, what any training of the model holds: weights, gradients, moments and averages, MiB.
  public let parameters: Int
  /// What each operation takes in a training step, by its name; empty unless asked for.
  public let operations: [String: Profile.Entry]
  /// Where the last step's time went, if several ranks took it.
  public let traffic: StepTraffic?

  /// Runs each `repeats` times after a warm-up, and with `profile` one more step. Several ranks
  /// share out each step's batch, and each draws by itself. Throws a `RankFailure`.
  public init(
    _ configuration: GlowConfiguration, _ options: TrainingOptions, repeats: Int,
    profile: Bool = false, over ranks: any Communicator = Alone()
  ) throws {
    let glow = Glow(configuration, seed: options.seed)
    glow.precision = options.netPrecision
    let c = configuration
    let share = ranks.share(of: options.batch)
    let shape = [share.count, c.height, c.width, c.channels]
    let noise = RandomStream(seed: options.seed, .noise).uniform(shape)
    let samples = noise.elements.map { Int16($0 * 255) }
    let labels = c.classes.isEmpty ? nil : share.map { $0 % c.classes.count }
    let condition = c.condition.map {
      RandomStream(seed: options.seed, .samples).normal(
        [share.count] + c.conditionPlaces($0, width: c.width) + [$0.channels])
    }
    glow.initialize(from: samples, noise: noise, condition: condition)
    let optimizer = Optimizer(options) { glow.visitParameters($0) }
    var iteration = 0
    let elements = optimizer.slots.reduce(0) {
      $0 + ($1.second == nil ? 4 : 5) * $1.parameter.value.count
    }
    parameters = (4 * elements) >> 20
    let parts = options.parts(of: ranks)
    var news = StepNews(examples: 0, ranks: 0)
    let sum =
      ranks.size == 1 && parts.count == 1
      ? nil
      : GradientSum(
        glow, over: ranks, parts: parts.count, apart: options.apart == true, news: news.count)
    var traffic: StepTraffic?
    func train() throws {
      let weight = c.format.lossWeight(count: options.batch)
      if let sum {
        let begin = DispatchTime.now().uptimeNanoseconds
        _ = sum.take(
          samples, noise, in: parts, labels: labels, condition: condition, weight: weight,
          memory: options.memory)
        let end = DispatchTime.now().uptimeNanoseconds
        let moved = try sum.finish(&news)
        if ranks.size > 1 {
          traffic = StepTraffic(
            computing: Double(end - begin) * 1e-9, waiting: moved.waiting, bytes: moved.bytes)
        }
      } else {
        _ = glow.addGradients(
          samples, noise: noise, labels: labels, condition: condition, weight: weight,
          memory: options.memory)
      }
      _ = optimizer.gradientNorm()
      optimizer.step(iteration, rate: options.rate(at: iteration))
      iteration += 1
    }
    // Muon moves its matrices in turn, so that one step is not the other
    let interval = options.muonInterval ?? 1
    step = try Self.median(repeats) { for _ in 0..<interval { try train() } } / Double(interval)
    operations = profile ? try Profile.of(train) : [:]
    self.traffic = traffic
    sampling = Self.median(repeats) {
      _ = glow.sample(
        0..<share.count, temperature: 1, labels: labels, condition: condition, seed: 0)
    }
    batch = options.batch
    gflops = 3 * c.flops * Double(batch) / step / 1e9
    peakResident = Self.peakMemory
    limit = Self.limit(glow.precision, repeats: repeats)  // after the memory, which it would add to
  }

  /// The largest resident memory of this process so far, MiB.
  public static var peakMemory: Int {
    var usage = rusage()
    #if os(Linux)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      return usage.ru_maxrss / 1024
    #else
      getrusage(RUSAGE_SELF, &usage)
      return usage.ru_maxrss / 1024 / 1024
    #endif
  }

  private static func limit(_ precision: Precision, repeats: Int) -> Double {
    let size = 2048
    // converted to and fro, as that lays it out to be multiplied
    let a = RandomStream(seed: 1, .noise).uniform([size, size])
      .converted(to: .bfloat16).converted(to: precision)
    return 2 * Double(size * size * size)
      / median(repeats) { _ = Tensor.product(a, a, spread: true) } / 1e9
  }

  /// Images decoded in a second, from the names in a folder to the model's pixels. Throws a
  /// `FileError` where training would.
  public static func loading(
    _ folder: String, for c: GlowConfiguration, followingLinks: Bool = false
  ) throws -> Double {
    let start = DispatchTime.now().uptimeNanoseconds
    let images = try ImageFolder(folder, followingLinks: followingLinks)
      .load(width: c.width, height: c.height, channels: c.channels)
    return Double(images.count) / (Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9)
  }

  static func median(_ repeats: Int, _ body: () throws -> Void) rethrows -> Double {
    try body()
    let times = try (0..<max(1, repeats)).map { _ in
      let start = DispatchTime.now().uptimeNanoseconds
      try body()
      return Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    }
    return times.sorted()[times.count / 2]
  }
}
