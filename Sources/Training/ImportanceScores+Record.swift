import Media
import Models
import Tensors

extension ImportanceScores {
  /// Writes the first draw of each example that was scored, and what came of it, for another
  /// program to check: `x` as the model sees it and `noise`, float32; `log_p_x_given_z`, `log_p_z`
  /// and `log_q_z`, float64, nats.
  ///
  /// Throws a `FileError` if the examples can't be read again, or the file not be written.
  public func writeRecord(to path: String) throws {
    var (x, noise): ([Float], [Float]) = ([], [])
    var (likelihood, prior, posterior): ([Double], [Double], [Double]) = ([], [], [])
    var bad: [Int: FileError] = [:]
    for score in scores {
      let place = score.place
      guard let example = try examples.read([place], seed: seed, bad: &bad)?.x else { continue }
      let first = self.noise(place, 0..<1)
      let bound = vae.elbo(example, noise: first)
      x += example.elements
      noise += first.elements
      likelihood += bound.logLikelihood
      prior += bound.logPrior
      posterior += bound.logPosterior
    }
    let (c, count) = (vae.configuration, prior.count)
    let shape = c.image.map { [$0.height, $0.width, $0.channels] } ?? [c.columns.count]
    try Safetensors.write(
      to: path,
      tensors: [
        TensorRecord("log_p_x_given_z", shape: [count], likelihood),
        TensorRecord("log_p_z", shape: [count], prior),
        TensorRecord("log_q_z", shape: [count], posterior),
        TensorRecord("noise", shape: [count, c.latent], noise),
        TensorRecord("x", shape: [count] + shape, x),
      ])
  }
}
