import Media

extension Figure {
  /// A posterior of two latent dimensions: up to a factor p(z|x), and q(z|x) that stands for it.
  public struct Posterior: Sendable {
    /// What stands above it.
    public var title: String
    /// p(z|x) up to a factor, and q(z|x).
    public var truth, approximation: Grid

    /// Densities on the same places.
    public init(_ title: String, truth: Grid, approximation: Grid) {
      (self.title, self.truth, self.approximation) = (title, truth, approximation)
    }
  }

  /// What an autoencoder of images does: pictures side by side, of one height and width each in its
  /// panel; below them, of two latent dimensions, posteriors with their approximations as lines.
  public static func autoencoder(
    _ pictures: [(title: String, image: Image)], posteriors: [Posterior] = [], title: String = ""
  ) -> Figure {
    let columns = max(pictures.count, posteriors.count)
    let side = 270.0
    var figure = Figure(
      title, width: side * Double(columns), height: (side - 10) * (posteriors.isEmpty ? 1 : 2) + 30,
      rows: posteriors.isEmpty ? [1] : [1, 1],
      columns: Array(repeating: 1, count: columns))
    for (i, picture) in pictures.enumerated() {
      figure[0, i] = .picture(picture.image, title: picture.title)
    }
    for (i, posterior) in posteriors.enumerated() {
      let (truth, q) = (posterior.truth, posterior.approximation)
      let most = q.values.filter(\.isFinite).max() ?? 0
      figure[1, i] = Panel(
        posterior.title, x: Axis("z1", range: truth.x), y: Axis("z2", range: truth.y),
        marks: [
          .heatMap(truth),
          .contours(
            q, levels: [0.05, 0.25, 0.5, 0.75].map { $0 * most }, color: .vermilion, width: 1.2),
        ])
    }
    return figure
  }
}
