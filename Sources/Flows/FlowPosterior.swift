import Tensors

/// The posterior of a variational autoencoder: a diagonal Gaussian and flows behind it, all given
/// by features h of an example.
///
///     z₀ = mean + deviation · ε,  ε ~ N(0, I)          z_k = f_k(z_{k−1})
///     log q(z_K | x) = log N(ε) − Σ log deviation − Σ_k log|det ∂z_k/∂z_{k−1}|
///
/// h: [N, F], or [1, F] for all draws; ε, z: [N, D]; log q: [N, 1], nats; deviation =
/// softplus(·) + 1e-6. Rezende & Mohamed (2015), section 4.2.
public struct FlowPosterior {
  private let mean, deviation: Dense
  private let flows: [AmortizedFlow]

  /// N(0, I) for all h, nearly, and then these flows.
  public init(columns: Int, features: Int, flows: [AmortizedFlow], seed: UInt64, index: Int) {
    mean = Dense(
      features, columns, deviation: 0.5, random: RandomStream(seed: seed, .parameters, index))
    // softplus(0.5413) = 1
    deviation = Dense(
      features, columns, deviation: 0.1,
      bias: Parameter(shape: [columns]) { Tensor(repeating: 0.5413, shape: [columns]) },
      random: RandomStream(seed: seed, .parameters, index + 1))
    self.flows = flows
  }

  private func gaussian(_ h: Variable) -> (mean: Variable, deviation: Variable) {
    (mean(h), deviation(h).softplus() + 1e-6)
  }

  /// A draw z_K for each row of noise ε, and log q(z_K | x).
  public func draw(_ h: Variable, noise: Tensor) -> (z: Variable, logDensity: Variable) {
    let (mean, deviation) = gaussian(h)
    let e = Variable(noise)
    return passing(mean + deviation * e, logDensity(e, deviation), h)
  }

  /// log q(z | x) of any z, by the flows' inverses, [N, 1].
  public func logDensity(_ z: Tensor, _ h: Variable) -> Variable {
    let (mean, deviation) = gaussian(h)
    let start = Variable(flows.reversed().reduce(z) { $1.inverse($0, h) })
    return passing(start, logDensity((start - mean) / deviation, deviation), h).logDensity
  }

  /// Of the Gaussian.
  private func logDensity(_ e: Variable, _ deviation: Variable) -> Variable {
    -0.5 * e.square().rowSums() - Float(e.columns) * halfLogTwoPi - deviation.log().rowSums()
  }

  private func passing(_ z: Variable, _ logDensity: Variable, _ h: Variable) -> (
    z: Variable, logDensity: Variable
  ) {
    flows.reduce((z: z, logDensity: logDensity)) { state, flow in
      let (next, logDet) = flow.forward(state.z, h)
      return (next, state.logDensity - logDet)
    }
  }

  /// Calls `body` with each parameter.
  public func visitParameters(_ path: String, _ body: (String, Parameter) -> Void) {
    mean.visitParameters(path + ".mean", body)
    deviation.visitParameters(path + ".deviation", body)
    for (i, flow) in flows.enumerated() { flow.visitParameters("\(path).flows.\(i)", body) }
  }
}
