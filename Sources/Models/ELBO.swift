/// The evidence lower bound of log p(x) by a draw z of q(z|x) for each example, in its terms, nats:
///
///     ELBO = log p(x|z) + log p(z) − log q(z|x)
public struct ELBO: Sendable {
  /// log p(x|z), log p(z) and log q(z|x), an example each.
  public let logLikelihood, logPrior, logPosterior: [Double]

  /// Terms of as many examples.
  public init(logLikelihood: [Double], logPrior: [Double], logPosterior: [Double]) {
    (self.logLikelihood, self.logPrior) = (logLikelihood, logPrior)
    self.logPosterior = logPosterior
  }

  /// The bound of each example.
  public var values: [Double] {
    zip(zip(logLikelihood, logPrior), logPosterior).map { $0.0 + $0.1 - $1 }
  }

  /// log q(z|x) − log p(z) of each example, whose mean over draws is the KL divergence.
  public var divergences: [Double] { zip(logPosterior, logPrior).map { $0 - $1 } }
}
