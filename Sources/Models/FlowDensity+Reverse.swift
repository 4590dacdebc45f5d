import Tensors

/// How the gradient of the reverse KL divergence is estimated from draws x = f(ε) of a sampler q;
/// both have the same mean.
public enum ReverseGradient: String, Codable, CaseIterable, Sendable {
  /// Of log q(x) − log p̃(x) as it is computed from ε. Rezende & Mohamed (2015), equation 15.
  case total
  /// Along the path alone, (∇ₓ log q(x) − ∇ₓ log p̃(x))ᵀ ∂x/∂θ, the q that scores held: without
  /// noise where q = p, for D more passes back. Roeder et al. (2017), equation 8.
  case path
}

extension FlowDensity {
  /// Draws from a sampler for noise, [N, D], and adds the gradients of the mean of log q(x) − log
  /// p̃(x) to the parameters; the draws with both terms, nats.
  ///
  /// `target` gives log p̃, [N, 1].
  public func addReverseGradients(
    noise: Tensor, by estimate: ReverseGradient = .total, target: (Variable) -> Variable
  ) -> (x: Tensor, logDensity: [Double], logTarget: [Double]) {
    precondition(configuration.isSampler, "only a sampler's draws have gradients")
    let n = noise.examples
    let (z, logDet, saved) = chain.forward(noise)
    let x = Variable(z, isTracked: true)
    let logTarget = target(x)
    let share = 1 / Float(n)
    let dx =
      logTarget.gradients(Tensor(repeating: -share, shape: [n, 1]), of: [x])[0]
      ?? Tensor(repeating: 0, shape: z.shape)
    switch estimate {
    case .total: _ = chain.backward(saved, dx, Array(repeating: -share, count: n))
    case .path:
      let d = Variable(dx) + share * Variable(score(noise, saved))
      _ = chain.backward(saved, d.value, Array(repeating: 0, count: n))
    }
    let terms = base.logDensity(Variable(noise)).value.elements
    return (
      z, zip(terms, logDet).map { Double($0) - $1 }, logTarget.value.elements.map(Double.init)
    )
  }

  /// ∇ₓ log q(x), [N, D], of the draws of a pass, x = f(ε):
  ///
  ///     Jᵀ ∇ₓ log q = ∇_ε (log base − log|det J|)
  private func score(_ noise: Tensor, _ saved: [Any]) -> Tensor {
    let n = noise.examples
    let (zeros, none) = ([Float](repeating: 0, count: n), Tensor(repeating: 0, shape: noise.shape))
    let e = Variable(noise, isTracked: true)
    let own = base.logDensity(e).gradients(
      Tensor(repeating: 1, shape: [n, 1]), of: [e], addingToParameters: false)[0]
    return keepingGradients {
      let through = chain.backward(saved, none, Array(repeating: -1, count: n))
      return (Variable(own ?? none) + Variable(through)).value.solvedTransposed {
        chain.backward(saved, $0, zeros)
      }
    }
  }

  /// Runs passes back that say something of x alone: the parameters' gradients are then as before.
  private func keepingGradients<R>(_ body: () -> R) -> R {
    var kept: [(parameter: Parameter, gradient: [Float])] = []
    visitParameters { if $1.isTrained { kept.append(($1, $1.gradient.elements)) } }
    defer {
      for (parameter, gradient) in kept {
        parameter.clearGradient()
        parameter.accumulate(gradient)
      }
    }
    return body()
  }
}
