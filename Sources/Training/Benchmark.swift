import Flows
import Foundation
import Tensors

/// Times training steps and sampling passes of a fresh model on random input.
public struct Benchmark: Sendable {
  /// The median of a training step, seconds: gradients, their norm, the update.
  public let step: Double
  /// The median of a pass from latents to a batch, seconds.
  public let sampling: Double
  public let batch: Int
  /// Of a training step: three forward passes' worth.
  public let gflops: Double
  /// The largest resident memory of this process so far, MiB.
  public let peakResident: Int

  /// Runs each `repeats` times after a warm-up.
  public init(_ configuration: GlowConfiguration, _ options: TrainingOptions, repeats: Int) {
    let glow = Glow(configuration, seed: options.seed)
    let c = configuration
    let shape = [options.batch, c.height, c.width, c.channels]
    let uniform = RandomStream(seed: options.seed, .noise).uniform(shape).elements
    let x = Tensor(uniform.map { $0 - 0.5 }, shape: shape)
    let labels = c.classes.isEmpty ? nil : (0..<options.batch).map { $0 % c.classes.count }
    glow.initialize(from: x)
    let optimizer = Optimizer(glow, options)
    var iteration = 0
    step = Self.median(repeats) {
      _ = glow.addGradients(
        x, labels: labels, weight: c.lossWeight(count: options.batch), memory: options.memory)
      optimizer.step(iteration, gradientNorm: optimizer.gradientNorm().norm)
      iteration += 1
    }
    let latents = glow.encode(x, labels: labels).latents
    sampling = Self.median(repeats) { _ = glow.decode(latents) }
    batch = options.batch
    gflops = 3 * c.flops * Double(batch) / step / 1e9
    var usage = rusage()
    #if os(Linux)
      getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
      peakResident = usage.ru_maxrss / 1024
    #else
      getrusage(RUSAGE_SELF, &usage)
      peakResident = usage.ru_maxrss / 1024 / 1024
    #endif
  }

  private static func median(_ repeats: Int, _ body: () -> Void) -> Double {
    body()
    let times = (0..<max(1, repeats)).map { _ in
      let start = DispatchTime.now().uptimeNanoseconds
      body()
      return Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    }
    return times.sorted()[times.count / 2]
  }
}
