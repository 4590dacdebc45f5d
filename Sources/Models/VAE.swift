import Flows
import Foundation
import Tensors

/// A variational autoencoder: a density of latents and, by a decoder, of data, learned through a
/// posterior that an encoder and flows give.
///
///     p(x) = ∫ p(x|z) p(z) dz,  p(z) = N(0, I)
///     log p(x) ≥ E_q [log p(x|z) + log p(z) − log q(z|x)]          nats an example
///
/// x: images [N, H, W, C], of a Bernoulli likelihood 0 or 1, of a logistic one the middles of the
/// levels' bins; or rows [N, D], standardised as the configuration says, which the likelihood
/// counts. z and its noise: [N, latent]. Kingma & Welling (2014); Rezende & Mohamed (2015); van den
/// Berg et al. (2018).
public final class VAE: Model, MixedPrecision {
  public let configuration: VAEConfiguration

  /// The nets of images and those of rows.
  private enum Encoder {
    case image(ImageEncoder)
    case table(GatedMLP)
  }
  private enum Decoder {
    case image(ImageDecoder)
    case table(GatedMLP)
  }
  private let encoder: Encoder
  private let posterior: FlowPosterior
  private let decoder: Decoder
  private let shared = SharedPrecision()

  /// The format in which the convolutions multiply; all else is float32. It must not be changed
  /// while another thread uses the model.
  public var precision: Precision {
    get { shared.value }
    set { shared.value = newValue }
  }

  public static let kinds = ["vae"]
  public static func kind(of configuration: VAEConfiguration) -> String { kinds[0] }

  /// A model with the initial values of a seed; the configuration must have no validation error.
  public init(_ configuration: VAEConfiguration, seed: UInt64 = 0) {
    precondition(configuration.validationError == nil, configuration.validationError ?? "")
    self.configuration = configuration
    let c = configuration
    // numbers of the parameters' streams, apart from the encoder's
    let (first, second) = (1 << 16, 2 << 16)
    let features: Int
    if let image = c.image {
      features = c.features
      encoder = .image(
        ImageEncoder(
          height: image.height, width: image.width, channels: image.channels, hidden: c.width,
          features: features, precision: shared, seed: seed, index: 0))
      decoder = .image(
        ImageDecoder(
          height: image.height, width: image.width, latent: c.latent, hidden: c.width,
          bias: c.likelihood.initial(image.channels, bits: image.bits),
          // levels lie within ±½ of 0, logits further out
          deviation: c.likelihood == .logistic ? 0.1 : 1, precision: shared, seed: seed,
          index: second))
    } else {
      let net = GatedMLP(inputs: c.columns.count, hidden: c.hidden, seed: seed, index: 0)
      features = net.outputs
      encoder = .table(net)
      decoder = .table(
        GatedMLP(
          inputs: c.latent, hidden: c.hidden.reversed(),
          bias: c.likelihood.initial(c.columns.count, bits: 0), seed: seed, index: second))
    }
    let flows = (0..<c.flows).compactMap { k in
      c.posterior.flow(
        c, features: features, index: k,
        random: RandomStream(seed: seed, .parameters, first + 2 + k))
    }
    posterior = FlowPosterior(
      columns: c.latent, features: features, flows: flows, seed: seed, index: first)
  }

  // MARK: The nets

  /// The encoder's features of x, [N, F].
  private func features(_ x: Tensor) -> Variable {
    switch encoder {
    case .image(let net): net(x)
    case .table(let net): net(Variable(x))
    }
  }

  /// The parameters of p(x|z), [N, D] each.
  private func outputs(_ z: Variable) -> [Variable] {
    let count = configuration.likelihood.parameters
    let all: Variable
    switch decoder {
    case .image(let net): all = net(z)
    case .table(let net): all = net(z)
    }
    let width = all.columns / count
    return (0..<count).map { i in
      let own = count == 1 ? all : all.columns(i * width..<(i + 1) * width)
      return own.reshaped([z.rows, configuration.dimensions])
    }
  }

  /// log p(x|z), [N, 1]; x of one example stands for all of z.
  private func logLikelihood(_ x: Tensor, _ z: Variable) -> Variable {
    let rows = Tensor.rows(x, configuration.dimensions)
    let value = configuration.likelihood.logProbability(
      rows.examples == z.rows ? rows : Variable(rows).repeated(z.rows).value, outputs(z),
      bits: configuration.image?.bits ?? 0)
    return value + Float(configuration.logJacobian)
  }

  private func logPrior(_ z: Variable) -> Variable {
    NormalBase(columns: configuration.latent).logDensity(z)
  }

  // MARK: The bound

  /// The bound's terms on the tape, [N, 1] each.
  private typealias Terms = (likelihood: Variable, prior: Variable, posterior: Variable)

  /// The bound by a draw for each row of noise, in its terms.
  private func terms(_ x: Tensor, noise: Tensor) -> Terms {
    precondition(noise.channels == configuration.latent, "noise \(noise.shape)")
    let (z, logDensity) = posterior.draw(features(x), noise: noise)
    return (logLikelihood(x, z), logPrior(z), logDensity)
  }

  private static func bound(_ terms: Terms) -> ELBO {
    ELBO(
      logLikelihood: numbers(terms.likelihood), logPrior: numbers(terms.prior),
      logPosterior: numbers(terms.posterior))
  }

  private static func numbers(_ term: Variable) -> [Double] {
    term.value.elements.map(Double.init)
  }

  /// The bound by a draw for each row of noise.
  public func elbo(_ x: Tensor, noise: Tensor) -> ELBO {
    Variable.withoutRecording { Self.bound(terms(x, noise: noise)) }
  }

  /// The bound, and adds the gradients of the objective's sum times `weight` to the parameters:
  ///
  ///     log p(x|z) − β·max(λ, KL),  KL = mean over the batch of log q(z|x) − log p(z)
  ///
  /// β: `klWeight`; λ: `freeBits`, nats an example. Kingma et al. (2016), section C.8, of all
  /// latents as one group.
  public func addGradients(
    _ x: Tensor, noise: Tensor, klWeight: Float, freeBits: Float, weight: Float
  ) -> ELBO {
    let terms = terms(x, noise: noise)
    let bound = Self.bound(terms)
    let divergence = bound.divergences.reduce(0, +) / Double(x.examples)
    let isFree = divergence < Double(freeBits)
    let kl = isFree ? 0 : klWeight * weight
    let shape = [x.examples, 1]
    _ = Variable.gradients(
      [
        (terms.likelihood, Tensor(repeating: weight, shape: shape)),
        (terms.prior, Tensor(repeating: kl, shape: shape)),
        (terms.posterior, Tensor(repeating: -kl, shape: shape)),
      ], of: [])
    return bound
  }

  /// log p(x, z)/q(z|x) for each row of noise, of one example, nats; the mean of their exponentials
  /// is an unbiased estimate of p(x). Burda et al. (2016), section 3.
  public func importanceWeights(_ x: Tensor, noise: Tensor) -> [Double] {
    precondition(x.examples == 1, "weights are of one example")
    return elbo(x, noise: noise).values
  }

  /// The bound of log p(x) by one draw for each example, always the same.
  public func logLikelihood(_ x: Tensor, _ context: Context = Context()) -> [Double] {
    let noise = RandomStream(seed: 0, .validationNoise)
      .normal([x.examples, configuration.latent])
    return elbo(x, noise: noise).values
  }

  // MARK: Latents

  /// z ~ q(z|x), a row for each row of noise.
  public func encode(_ x: Tensor, noise: Tensor) -> Tensor {
    Variable.withoutRecording { posterior.draw(features(x), noise: noise).z.value }
  }

  /// The mean of p(x|z), as x is: of a Bernoulli likelihood the probabilities of 1.
  public func decode(_ z: Tensor) -> Tensor {
    Variable.withoutRecording {
      shaped(configuration.likelihood.mean(outputs(Variable(z))))
    }
  }

  /// A draw of p(x|z) for each z, as x is, the deviations of a table's numbers multiplied by
  /// `temperature`; `first` is the number of the first row in the stream.
  public func draw(
    _ z: Tensor, temperature: Float = 1, _ random: RandomStream, from first: Int = 0
  ) -> Tensor {
    Variable.withoutRecording {
      let c = configuration
      return shaped(
        c.likelihood.draw(
          outputs(Variable(z)), bits: c.image?.bits ?? 0, temperature: temperature, random,
          from: first * c.dimensions))
    }
  }

  /// z ~ N(0, temperature²) and then, of images the mean of p(x|z), of a table a draw.
  public func sample(
    _ examples: Range<Int>, temperature: Float = 1, _ context: Context = Context(),
    seed: UInt64 = 0
  ) -> Tensor {
    let z = NormalBase(columns: configuration.latent)
      .sample(examples, seed: seed, temperature: temperature)
    if configuration.image != nil { return decode(z) }
    return draw(
      z, temperature: temperature, RandomStream(seed: seed, .samples, 1 << 32),
      from: examples.lowerBound)
  }

  /// log q(z|x) of any latents, of one example, nats.
  public func posteriorLogDensity(_ z: Tensor, of x: Tensor) -> [Double] {
    precondition(x.examples == 1, "a posterior is of one example")
    return Variable.withoutRecording {
      Self.numbers(posterior.logDensity(z, features(x)))
    }
  }

  /// log p(x, z) of any latents with one example, nats: the true posterior but for log p(x).
  public func jointLogDensity(_ z: Tensor, _ x: Tensor) -> [Double] {
    precondition(x.examples == 1, "of one example")
    return Variable.withoutRecording {
      let z = Variable(z)
      return Self.numbers(logLikelihood(x, z) + logPrior(z))
    }
  }

  /// Rows in the shape of x.
  private func shaped(_ rows: Tensor) -> Tensor {
    guard let image = configuration.image else { return rows }
    return rows.contiguous().reshaped([
      rows.rows, image.height, image.width, image.channels,
    ])
  }

  // MARK: The contract

  public func initialize(from x: Tensor, _ context: Context = Context()) {}

  public func visitParameters(_ body: (String, Parameter) -> Void) {
    switch encoder {
    case .image(let net): net.visitParameters("encoder", body)
    case .table(let net): net.visitParameters("encoder", body)
    }
    posterior.visitParameters("posterior", body)
    switch decoder {
    case .image(let net): net.visitParameters("decoder", body)
    case .table(let net): net.visitParameters("decoder", body)
    }
  }

  public var conditionNumbers: [(name: String, number: Double)] { [] }

  public func firstNonFinite(_ x: Tensor, _ context: Context = Context()) -> String? {
    if !x.isFinite { return "the input" }
    return Variable.withoutRecording {
      let h = features(x)
      if !h.value.isFinite { return "encoder" }
      let noise = RandomStream(seed: 0, .validationNoise)
        .normal([x.examples, configuration.latent])
      let (z, logDensity) = posterior.draw(h, noise: noise)
      if !z.value.isFinite || !logDensity.value.isFinite { return "posterior" }
      return logLikelihood(x, z).value.isFinite ? nil : "decoder"
    }
  }
}

extension Tensor {
  /// Examples as rows of so many numbers.
  fileprivate static func rows(_ x: Tensor, _ count: Int) -> Tensor {
    x.contiguous().reshaped([x.examples, count])
  }
}
