import Media
import Models
import Plots
import Tensors
import Training

/// Pictures of a `VAE` beside data.
struct VAEPicture {
  let vae: VAE
  /// What is shown of the data.
  let examples: VAEExamples
  let seed: UInt64
  let title: String

  /// Images on a side of a square of them, and of the plane of latents.
  private static let (side, planeSide) = (6, 12)
  /// Posteriors that are shown, and cells on a side of each.
  private static let (posteriors, cells) = (4, 96)

  /// Images, their reconstructions and new ones; of two latent dimensions the plane of them, and
  /// posteriors. Throws a `FileError` if the images can't be read, and `Sampler.NotFinite`.
  func images() throws -> Plots.Figure {
    let count = min(Self.side * Self.side, examples.count)
    let x = try examples.some(count, seed: seed)
    let noise = RandomStream(seed: seed, .noise).normal([
      x.examples, vae.configuration.latent,
    ])
    let rebuilt = vae.decode(vae.encode(x, noise: noise))
    let drawn = vae.sample(0..<Self.side * Self.side, seed: seed)
    var pictures = [
      ("Images", try grid(x)), ("Their reconstructions", try grid(rebuilt)),
      ("New images", try grid(drawn)),
    ]
    guard vae.configuration.latent == 2 else { return .autoencoder(pictures, title: title) }
    pictures.append(
      (
        "Over the plane of latents",
        .grid(try vae.images(of: vae.manifold(Self.planeSide)), columns: Self.planeSide, gap: 0)
      ))
    let posteriors = (0..<min(Self.posteriors, x.examples)).map { n in
      let plane = vae.posteriorPlane(of: x.examples(n..<n + 1), cells: Self.cells, seed: seed)
      func grid(_ values: [Double]) -> Grid {
        Grid(x: plane.x, y: plane.y, columns: Self.cells, values: values)
      }
      return Plots.Figure.Posterior(
        "p(z|x) of image \(n + 1), q as lines", truth: grid(plane.truth),
        approximation: grid(plane.approximation))
    }
    return .autoencoder(pictures, posteriors: posteriors, title: title)
  }

  private func grid(_ x: Tensor) throws -> Image {
    .grid(try vae.images(of: x), columns: Self.side, gap: 1)
  }
}
