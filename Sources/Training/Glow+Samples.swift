import Media
import Models
import Tensors

/// Examples as what latents are of: well within their bins.
extension Glow {
  /// x, [N, H, W, C], of samples; W is the model's unless given.
  func centered(_ samples: [Int16], width: Int? = nil) -> Tensor {
    let c = configuration
    let shape = [c.height, width ?? c.width, c.channels]
    return centered(samples, shape: [samples.count / shape.reduce(1, *)] + shape)
  }

  /// x, [1, 1, T, C], of a sound, filled with zeros to the next length that the levels divide.
  func centered(_ sound: Sound) -> Tensor {
    let c = configuration
    let frames = c.padded(sound.frames)
    let padding = Array(repeating: Int16(0), count: (frames - sound.frames) * c.channels)
    return centered(sound.samples + padding, width: frames)
  }
}
