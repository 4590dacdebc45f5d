import Models
import Tensors

extension GlowConfiguration {
  /// The next length that the levels divide.
  func padded(_ frames: Int) -> Int { frames.rounded(upTo: unit) }
}

extension Int {
  /// The next multiple of `unit`.
  func rounded(upTo unit: Int) -> Int { (self + unit - 1) / unit * unit }
}
