import Foundation
import Media
import Models
import Tensors

/// How well a VAE knows each of some examples, by draws of its posterior and their weights
/// w = p(x, z)/q(z|x): the bound, and an estimate of −log p(x).
///
///     ELBO = 1/S Σ log w,   NLL = −log(1/S Σ w)                    nats an example
///
/// ELBO ≤ −NLL for any draws; in the mean, −NLL ≤ log p(x), and nears it as S grows. Burda et al.
/// (2016), section 3.
public struct ImportanceScores {
  /// What an example came to, nats: means over the draws, but for `nll`.
  public struct Score: Sendable {
    /// The place of the example among all.
    public let place: Int
    /// The ELBO, and the NLL of all draws together.
    public let elbo, nll: Double
    /// log p(x|z), log p(z) and log q(z|x).
    public let logLikelihood, logPrior, logPosterior: Double
    /// The variance that the draws alone leave in `nll`, Var w / (S w̄²), and how many draws of
    /// equal weight theirs are worth, (Σw)²/Σw².
    public let drawVariance, effectiveDraws: Double
  }

  /// The scores so far; an example that can't be read has none.
  public private(set) var scores: [Score] = []
  /// Draws for each example, S.
  public let draws: Int
  let vae: VAE
  let examples: VAEExamples
  let seed: UInt64
  private var unread: [Int: FileError] = [:]

  /// Scores of examples, none yet. The draws of an example are a function of seed and place.
  public init(of vae: VAE, on examples: VAEExamples, draws: Int, seed: UInt64 = 0) {
    precondition(draws > 0)
    (self.vae, self.examples, self.draws, self.seed) = (vae, examples, draws, seed)
  }

  /// How many examples there are to be scored.
  public var count: Int { examples.count }

  /// Where each image is; none of rows.
  public var paths: [String] { examples.paths ?? [] }

  /// The places of the examples, in pieces that are soon scored.
  public var pieces: [Range<Int>] { (0..<examples.count).pieces(of: 1) }

  /// Scores the examples of these places. Throws a `FileError` if too many can't be read.
  public mutating func score(_ places: Range<Int>) throws {
    guard let read = try examples.read(places, seed: seed, bad: &unread) else { return }
    for (i, place) in read.places.enumerated() {
      scores.append(score(read.x.examples(i..<i + 1), place))
    }
  }

  /// The noise of some of the draws of an example.
  func noise(_ place: Int, _ draws: Range<Int>) -> Tensor {
    let latent = vae.configuration.latent
    return RandomStream(seed: seed, .validationNoise, place + 1)
      .normal([draws.count, latent], from: draws.lowerBound * latent)
  }

  private func score(_ x: Tensor, _ place: Int) -> Score {
    let c = vae.configuration
    var weights: [Double] = []
    var (likelihood, prior, posterior) = (0.0, 0.0, 0.0)
    for piece in (0..<draws).pieces(of: c.scoredAtOnce) {
      let bound = vae.elbo(x, noise: noise(place, piece))
      weights += bound.values
      likelihood += bound.logLikelihood.reduce(0, +)
      prior += bound.logPrior.reduce(0, +)
      posterior += bound.logPosterior.reduce(0, +)
    }
    let n = Double(draws)
    let nll = -weights.logMeanExp
    // of the shares w/w̄, whose mean is 1
    let squares = weights.reduce(0) { $0 + exp(2 * ($1 + nll)) }
    return Score(
      place: place, elbo: weights.reduce(0, +) / n, nll: nll,
      logLikelihood: likelihood / n, logPrior: prior / n, logPosterior: posterior / n,
      drawVariance: n > 1 ? max(0, squares / n - 1) / (n - 1) : .infinity,
      effectiveDraws: n * n / squares)
  }

  /// The standard error that the draws alone leave in the mean of `nll`; infinite of one draw each.
  public var drawError: Double {
    scores.reduce(0) { $0 + $1.drawVariance }.squareRoot() / Double(scores.count)
  }

  /// The mean of a figure over the examples, and its standard error over them.
  public func average(_ figure: KeyPath<Score, Double>) -> Average {
    Average(scores.map { $0[keyPath: figure] })
  }

  /// The files that could not be read.
  public var bad: [FileError] { unread.sorted { $0.key < $1.key }.map(\.value) }

  /// The place of the first example whose figures are not finite, or nil.
  public var firstNotFinite: Int? {
    scores.first { !($0.elbo.isFinite && $0.nll.isFinite) }?.place
  }
}
