import Media
import Models
import Tensors

extension VAE {
  /// The bound of one image, by one draw that is always the same, in the unit of its metric.
  public func bound(of image: Image) -> Double {
    let c = configuration
    let x = c.input(image.samples) {
      RandomStream(seed: 0, .pixels).uniform([1, c.dimensions], from: $0 * c.dimensions)
    }
    let noise = RandomStream(seed: 0, .validationNoise).normal([1, c.latent])
    let bound = computing(in: .float32) { elbo(x, noise: noise) }
    return c.metric.value(Average(bound.values).mean * c.lossScale)
  }
}
