import Media
import Models
import Tensors

/// A VAE by its evidence lower bound, on images or on the rows of a table.
public final class VAETask: TrainingTask {
  /// The model in training.
  public let vae: VAE
  public let options: TrainingOptions
  private let examples: VAEExamples
  private let validation: VAEExamples?
  private var order: EpochOrder
  private let images: BatchStream?

  /// The most examples that a validation scores.
  private static let mostValidated = 10_000

  /// Examples to train on and to validate on.
  public init(
    _ vae: VAE, _ examples: VAEExamples, validation: VAEExamples? = nil, _ options: TrainingOptions
  ) {
    precondition(options.batch > 0 && examples.count > 0)
    (self.vae, self.examples, self.validation) = (vae, examples, validation)
    self.options = options
    order = EpochOrder(count: examples.count, seed: options.seed)
    if case .images(let set, let format) = examples.source {
      images = BatchStream(set, format, options)
    } else {
      images = nil
    }
  }

  public var model: any Model { vae }
  private var c: VAEConfiguration { vae.configuration }
  public var metric: Metric { c.metric }

  public func addGradients(_ iteration: Int) throws -> LossGradient {
    let x = try batch(iteration)
    let noise = RandomStream(seed: options.seed, .noise, iteration).normal([x.examples, c.latent])
    let weight = options.klWeight(iteration, examples: examples.count)
    let bound = vae.computing(in: options.netPrecision) {
      vae.addGradients(
        x, noise: noise, klWeight: weight, freeBits: options.freeNats,
        weight: Float(c.lossScale) / Float(x.examples))
    }
    let terms = bound.averages.map { ($0.key, $0.value.mean) } + [("kl_weight", Double(weight))]
    return LossGradient(
      loss: Average(bound.values).mean * c.lossScale, terms: terms
    ) { [vae, options] in
      vae.computing(in: options.netPrecision) { vae.firstNonFinite(x, Context()) }
    }
  }

  private func batch(_ iteration: Int) throws -> Tensor {
    switch examples.source {
    case .images(_, let format):
      let random = RandomStream(seed: options.seed, .pixels, iteration + 1)
      let batch = try images?.next(iteration)
      return c.input(batch?.samples ?? []) {
        random.uniform([1, format.dimensions], from: $0 * format.dimensions)
      }
    case .rows(let rows):
      return rows.batch(
        order.batch(iteration, of: options.batch),
        noise: RandomStream(seed: options.seed, .noise, iteration)
      ).x
    }
  }

  public func restart() { images?.restart() }

  /// The bound by a draw for each example, always the same one; in float32.
  public func validate() throws -> Validation? {
    guard let validation else { return nil }
    var bad: [Int: FileError] = [:]
    let bound = try vae.computing(in: .float32) {
      try vae.bound(of: validation, most: Self.mostValidated, seed: options.seed, bad: &bad)
    }
    let elbo = Average(bound.values)
    return Validation(
      mean: elbo.mean * c.lossScale,
      standardError: elbo.standardError.map { abs($0 * c.lossScale) },
      metrics: bound.averages.map { ("validation_" + $0.key, $0.value.mean) },
      bad: bad.sorted { $0.key < $1.key }.map(\.value))
  }

  /// PREFIX.png, sixteen images' means; or PREFIX.csv, a thousand rows.
  public func drawSamples(to prefix: String) throws {
    if c.image != nil {
      let images = try vae.images(0..<16, temperature: 1, seed: options.seed)
      try PNG.write(.grid(images, scale: nil), to: prefix + ".png")
    } else {
      let rows = try RowSampler(vae, seed: options.seed).rows(0..<1000)
      try Table(path: prefix + ".csv", columns: c.columns, values: rows)
        .write(to: prefix + ".csv", as: .float32)
    }
  }
}

extension VAE {
  /// The bound by a draw for each example, or `most` of them that are spread evenly; the draw of an
  /// example is a function of seed and place. Throws a `FileError` if too many can't be read.
  func bound(
    of examples: VAEExamples, most: Int = .max, seed: UInt64, bad: inout [Int: FileError]
  ) throws -> ELBO {
    let count = min(most, examples.count)
    let places = (0..<count).map { $0 * examples.count / count }
    let stream = RandomStream(seed: seed, .validationNoise)
    let latent = configuration.latent
    var (likelihood, prior, posterior): ([Double], [Double], [Double]) = ([], [], [])
    for piece in places.indices.pieces(of: configuration.scoredAtOnce) {
      guard let read = try examples.read(places[piece], seed: seed, bad: &bad) else { continue }
      let noise = Tensor.concatenatedExamples(
        read.places.map { stream.normal([1, latent], from: $0 * latent) })
      let bound = elbo(read.x, noise: noise)
      likelihood += bound.logLikelihood
      prior += bound.logPrior
      posterior += bound.logPosterior
    }
    if likelihood.isEmpty, let error = bad.first?.value { throw error }
    return ELBO(logLikelihood: likelihood, logPrior: prior, logPosterior: posterior)
  }

  /// Images of these numbers, the means of p(x|z) of latents z ~ N(0, temperature²). Throws
  /// `Sampler.NotFinite`.
  public func images(_ examples: Range<Int>, temperature: Float, seed: UInt64) throws -> [Image] {
    try images(of: sample(examples, temperature: temperature, Context(), seed: seed))
  }

  /// The images that x stands for. Throws `Sampler.NotFinite`.
  public func images(of x: Tensor) throws -> [Image] {
    guard x.isFinite else { throw Sampler.NotFinite() }
    return configuration.images(of: x)
  }

  /// The examples 0..<count in the pieces that are drawn at once.
  public func pieces(_ count: Int) -> [Range<Int>] {
    (0..<count).pieces(of: configuration.scoredAtOnce)
  }
}

extension ELBO {
  /// Each term's mean over the examples.
  var averages: KeyValuePairs<String, Average> {
    [
      "log_p_x_given_z": Average(logLikelihood), "log_p_z": Average(logPrior),
      "log_q_z": Average(logPosterior),
    ]
  }
}
