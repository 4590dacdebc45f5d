import Flows
import Tensors

/// One level of a multi-scale flow: a chain, and how the latent that it ends in is scored. A split
/// lets half of the channels go on to the next level; the last level's latent is the prior's.
struct Level {
  enum End {
    case split(Split)
    case prior(Prior)
  }

  /// What the names of its parameters begin with, but for the prior's.
  let name: String
  let chain: Chain
  let end: End

  /// The level whose couplings are told something at their rows.
  func given(_ condition: RowsBetween) -> Level {
    Level(name: name, chain: chain.given(condition), end: end)
  }

  // MARK: Likelihood

  /// What goes on to the next level, and the latent; log p is added to `total`.
  func encode(_ x: Tensor, _ labels: [Int]?, addingTo total: inout [Double])
    -> (next: Tensor?, latent: Tensor)
  {
    let (z, logDet, _) = chain.transform(x)
    Self.add(logDet, to: &total)
    return leave(z, labels, addingTo: &total)
  }

  private func leave(_ z: Tensor, _ labels: [Int]?, addingTo total: inout [Double])
    -> (next: Tensor?, latent: Tensor)
  {
    let (next, latent, density) = latent(z) { _ in labels }
    Self.add(density.logDensity(latent), to: &total)
    return (next, latent)
  }

  /// What goes on to the next level, the latent, and its density; `labels` says the classes where
  /// there are some.
  func latent(_ z: Tensor, _ labels: (Prior) -> [Int]?)
    -> (next: Tensor?, latent: Tensor, density: GaussianDensity)
  {
    switch end {
    case .split(let split):
      let next = z.firstHalf
      return (next, z.secondHalf, split.density(given: next))
    case .prior(let prior):
      return (nil, z, prior.density(examples: z.examples, labels: labels(prior)))
    }
  }

  private static func add(_ terms: [Double], to total: inout [Double]) {
    for n in total.indices { total[n] += terms[n] }
  }

  // MARK: Training

  /// What `backward` needs.
  struct Kept {
    fileprivate enum Activations {
      case stored([Any])
      case traced([Any])
    }
    fileprivate let x, z: Tensor
    fileprivate let activations: Activations
  }

  /// What goes on to the next level, and what is kept for backward; log p is added to `total`.
  func forward(
    _ x: Tensor, _ labels: [Int]?, _ memory: ActivationMemory, addingTo total: inout [Double]
  ) -> (next: Tensor?, kept: Kept) {
    let (z, logDet, activations) = passing(x, memory)
    Self.add(logDet, to: &total)
    let next = leave(z, labels, addingTo: &total).next
    return (next, Kept(x: x, z: z, activations: activations))
  }

  private func passing(_ x: Tensor, _ memory: ActivationMemory)
    -> (z: Tensor, logDet: [Double], Kept.Activations)
  {
    switch memory {
    case .store:
      let (z, logDet, saved) = chain.forward(x)
      return (z, logDet, .stored(saved))
    case .recompute:
      let (z, logDet, traces) = chain.transform(x)
      return (z, logDet, .traced(traces))
    }
  }

  /// dx, and the largest |x − x̂| of an input that was rebuilt, from the gradient of what went on
  /// and that of log p of each example; `left` is told each parameter once its gradient is whole.
  func backward(
    _ kept: Kept, _ dNext: Tensor?, _ labels: [Int]?, _ dLogLikelihood: [Float],
    left: ((Parameter) -> Void)?
  ) -> (dx: Tensor, reconstructionError: Float) {
    let dz = leaveBackward(kept.z, dNext, labels, dLogLikelihood)
    if let left { visitEnd { left($1) } }
    switch kept.activations {
    case .stored(let saved):
      return (chain.backward(saved, dz, dLogLikelihood, left: left), 0)
    case .traced(let traces):
      let (x, dx) = chain.backward(
        rebuilding: kept.z, traces, dz, dLogLikelihood, left: left)
      return (dx, Tensor.largestDifference(kept.x, x))
    }
  }

  private func leaveBackward(
    _ z: Tensor, _ dNext: Tensor?, _ labels: [Int]?, _ dLogLikelihood: [Float]
  ) -> Tensor {
    switch end {
    case .split(let split):
      guard let dNext else { preconditionFailure("a level goes on after a split") }
      return split.backward(z.firstHalf, z.secondHalf, dNext, dLogLikelihood)
    case .prior(let prior):
      return prior.backward(z, labels: labels, dLogLikelihood)
    }
  }

  /// Sets what depends on data from a first batch; what goes on to the next level.
  func initialize(from x: Tensor) -> Tensor {
    let z = chain.initialize(from: x)
    if case .split = end { return z.firstHalf }
    return z
  }

  // MARK: Back to data, and in double there and back

  /// x, from the latent and what the next level came to.
  func inverse(_ latent: Tensor, _ next: Tensor?) -> Tensor {
    if case .split(let split) = end, let next {
      return chain.inverse(split.inverse(next, latent))
    }
    return chain.inverse(latent)
  }

  /// What goes on to the next level, and the latent.
  func latent(of x: DoubleTensor) -> (next: DoubleTensor?, latent: DoubleTensor) {
    let z = chain.forward(x)
    if case .split = end { return (z.firstHalf, z.secondHalf) }
    return (nil, z)
  }

  /// x, from the latent and what the next level came to.
  func inverse(_ latent: DoubleTensor, _ next: DoubleTensor?) -> DoubleTensor {
    chain.inverse(next?.beside(latent) ?? latent)
  }

  /// A fresh latent beside what the next level came to; noise is N(0, 1), in the latent's shape.
  func sample(_ next: Tensor?, noise: Tensor, temperature: Float, labels: [Int]?) -> Tensor {
    switch end {
    case .split(let split):
      guard let next else { preconditionFailure("a level goes on after a split") }
      return split.sample(next, noise: noise, temperature: temperature)
    case .prior(let prior):
      return prior.density(examples: noise.examples, labels: labels)
        .sample(noise, temperature: temperature)
    }
  }

  // MARK: Parameters

  func visitParameters(_ body: (String, Parameter) -> Void) {
    chain.visitParameters(name, body)
    visitEnd(body)
  }

  private func visitEnd(_ body: (String, Parameter) -> Void) {
    switch end {
    case .split(let split): split.visitParameters(name + ".split", body)
    case .prior(let prior): prior.visitParameters("prior", body)
    }
  }

  var conditionNumbers: [(name: String, number: Double)] {
    chain.parts.compactMap { part in part.flow.conditionNumber.map { (name + part.name, $0) } }
  }

  /// The first part whose output for x is not finite, and what goes on to the next level.
  func firstNonFinite(_ x: Tensor) -> (name: String?, next: Tensor) {
    var x = x
    for part in chain.parts {
      let (z, logDet, _) = Chain([part]).transform(x)
      if !z.isFinite || !logDet.allSatisfy(\.isFinite) { return (name + part.name, z) }
      x = z
    }
    guard case .split(let split) = end else { return (nil, x) }
    let (next, _, logDensity) = split.forward(x)
    return (logDensity.allSatisfy(\.isFinite) ? nil : name + ".split", next)
  }
}
