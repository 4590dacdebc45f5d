import Models
import Tensors

extension GlowConfiguration {
  /// The next length that the levels divide.
  func padded(_ frames: Int) -> Int { frames.rounded(upTo: unit) }
}

extension Glow {
  /// x, [N, H, W, C], every sample in the middle of its bin, or where a dequantizer takes that; W is
  /// the model's unless given.
  func centered(_ samples: [Int16], width: Int? = nil) -> Tensor {
    let c = configuration
    let shape = [c.height, width ?? c.width, c.channels]
    let count = samples.count / shape.reduce(1, *)
    return dequantize(samples, noise: Tensor(repeating: 0.5, shape: [count] + shape)).x
  }
}

extension Int {
  /// The next multiple of `unit`.
  func rounded(upTo unit: Int) -> Int { (self + unit - 1) / unit * unit }
}
