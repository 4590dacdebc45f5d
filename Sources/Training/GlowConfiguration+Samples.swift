import Models
import Tensors

extension GlowConfiguration {
  /// The next length that the levels divide.
  func padded(_ frames: Int) -> Int { frames.rounded(upTo: unit) }

  /// x, [N, H, W, C], every sample in the middle of its bin; W is the model's unless given.
  func centered(_ samples: [Int16], width: Int? = nil) -> Tensor {
    var format = format
    format.width = width ?? format.width
    return format.centered(samples)
  }
}

extension Int {
  /// The next multiple of `unit`.
  func rounded(upTo unit: Int) -> Int { (self + unit - 1) / unit * unit }
}
