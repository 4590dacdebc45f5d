import Flows
import Foundation
import Tensors

/// A density as a base distribution and a list of flows from data to latent:
///
///     log p(x) = log base(z) + Σ log|det J|,  z = f_K(… f_1(x))          nats a row
///
/// x: [N, D], standardised where the configuration says so, which the density counts: it is of the
/// columns as they are. Context, [N, C], goes in front of x through every flow and comes out
/// unchanged. A sampler's flows go the other way, from noise to data, so that drawing is the one
/// pass.
public final class FlowDensity: Model {
  public let configuration: FlowConfiguration
  /// Where the flows end.
  public let base: any BaseDistribution
  /// The flows, one behind the other.
  public let chain: Chain

  public static let kinds = ["table", "target"]
  public static func kind(of configuration: FlowConfiguration) -> String {
    configuration.target == nil ? "table" : "target"
  }

  /// A model with the initial values of a seed; the configuration must have no validation error.
  public init(_ configuration: FlowConfiguration, seed: UInt64 = 0) {
    precondition(configuration.validationError == nil, configuration.validationError ?? "")
    self.configuration = configuration
    let count = configuration.flows.count
    chain = Chain(
      configuration.flows.enumerated().map { i, name in
        let flow = FlowName(rawValue: name)?.flow(configuration, index: i, seed: seed)
        return (".\(i)", flow ?? Permutation(Array(0..<configuration.columns.count)))
      })
    let random = RandomStream(seed: seed, .parameters, count)
    base =
      BaseName(configuration.base)?
      .distribution(
        columns: configuration.columns.count, classes: configuration.baseClasses, random: random)
      ?? NormalBase(columns: configuration.columns.count)
  }

  /// A model of one's own flows. It can be fitted, scored and drawn from; to be rebuilt from a file
  /// a flow needs a name.
  ///
  /// The columns are x1, x2 and so on unless named; `shift` is taken off them and they are divided
  /// by `scale` first, where given.
  public init(
    base: any BaseDistribution, flows: [any Flow], columns: [String]? = nil,
    shift: [Double]? = nil, scale: [Double]? = nil
  ) {
    let names = columns ?? (1...base.columns).map { "x\($0)" }
    precondition(names.count == base.columns, "names are not one a column of the base")
    var configuration = FlowConfiguration(
      columns: names, flows: flows.map { "\(type(of: $0))" })
    configuration.shift = shift ?? configuration.shift
    configuration.scale = scale ?? configuration.scale
    precondition(
      configuration.shift.count == names.count && configuration.scale.count == names.count,
      "shift and scale are not one a column")
    self.configuration = configuration
    self.base = base
    chain = Chain(flows.enumerated().map { (".\($0)", $1) })
  }

  private var context: Int { configuration.contextWidth }

  /// The base of examples with this context: of a learned one, that of their classes.
  public func base(_ context: Context) -> any BaseDistribution {
    configuration.baseClasses(of: context.features).map(base.ofClasses) ?? base
  }

  /// The flows up to y and log p(y), of which the likelihood is made: y is the latent; or, where a
  /// sigmoid ends in a base on (0, 1), what goes into that, as more is known of it far out.
  private func scored(_ context: Context) -> (chain: Chain, logDensity: (Variable) -> Variable) {
    let base = base(context)
    guard !configuration.isSampler, let base = base as? any UnitIntervalBase,
      let last = chain.parts.last?.flow,
      ((last as? BesideContext)?.flow ?? last) as? Pointwise == .sigmoid
    else { return (chain, { base.logDensity($0) }) }
    return (Chain(chain.parts.dropLast()), { base.logDensity(logit: $0) })
  }

  /// x with its context in front, as the flows take it.
  func input(_ x: Tensor, _ context: Context) -> Tensor {
    precondition((context.features?.channels ?? 0) == self.context, "context of another width")
    return context.features.map { .concatenated([$0, x]) } ?? x
  }

  private func own(_ z: Tensor) -> Tensor {
    context == 0 ? z : z.channels(context..<z.channels).contiguous()
  }

  // MARK: Likelihood

  /// The latents, [N, D], and log p(x | context) per row, nats.
  public func encode(_ x: Tensor, _ context: Context = Context())
    -> (z: Tensor, logLikelihood: [Double])
  {
    Variable.withoutRecording {
      let (scored, logDensity) = scored(context)
      let y: Tensor
      let logDet: [Double]
      if configuration.isSampler {
        y = chain.inverse(input(x, context))
        logDet = chain.transform(y).logDet.map { -$0 }
      } else {
        (y, logDet, _) = scored.transform(input(x, context))
      }
      let terms = logDensity(Variable(own(y))).value.elements
      let constant = configuration.logJacobian
      let rest = Chain(Array(chain.parts[scored.parts.count...]))
      return (own(rest.transform(y).z), zip(terms, logDet).map { Double($0) + $1 + constant })
    }
  }

  public func logLikelihood(_ x: Tensor, _ context: Context = Context()) -> [Double] {
    encode(x, context).logLikelihood
  }

  /// x, [N, D], from latents.
  public func decode(_ z: Tensor, _ context: Context = Context()) -> Tensor {
    let all = input(z, context)
    return Variable.withoutRecording {
      own(configuration.isSampler ? chain.transform(all).z : chain.inverse(all))
    }
  }

  public func sample(
    _ rows: Range<Int>, temperature: Float = 1, _ context: Context = Context(), seed: UInt64 = 0
  ) -> Tensor {
    decode(base(context).sample(rows, seed: seed, temperature: temperature), context)
  }

  // MARK: Training

  /// Adds the gradients of Σ weight·log p(x) to the parameters; log p(x) per row, nats.
  public func addGradients(_ x: Tensor, _ context: Context = Context(), weight: Float) -> [Double] {
    precondition(!configuration.isSampler, "a sampler learns from its own draws")
    let n = x.examples
    let (scored, logDensity) = scored(context)
    let (y, logDet, saved) = scored.forward(input(x, context))
    let latent = Variable(own(y), isTracked: true)
    let density = logDensity(latent)
    let weights = Tensor(repeating: weight, shape: [n, 1])
    let dy =
      density.gradients(weights, of: [latent])[0] ?? Tensor(repeating: 0, shape: latent.value.shape)
    let padded =
      self.context == 0
      ? dy : .concatenated([Tensor(repeating: 0, shape: [n, self.context]), dy])
    _ = scored.backward(saved, padded, Array(repeating: weight, count: n))
    let constant = configuration.logJacobian
    return zip(density.value.elements, logDet).map { Double($0) + $1 + constant }
  }

  public func initialize(from x: Tensor, _ context: Context = Context()) {
    // what stands behind the last part that looks at data need not see it
    let last = configuration.flows.lastIndex {
      FlowName(rawValue: $0).map { [.whiten, .actnorm].contains($0) } ?? true
    }
    guard let last else { return }
    Variable.withoutRecording {
      _ = Chain(Array(chain.parts[...last])).initialize(from: input(x, context))
    }
  }

  // MARK: Parameters

  public func visitParameters(_ body: (String, Parameter) -> Void) {
    chain.visitParameters("flows", body)
    base.visitParameters("base", body)
  }

  public var conditionNumbers: [(name: String, number: Double)] {
    chain.parts.compactMap { part in
      part.flow.conditionNumber.map { ("flows" + part.name, $0) }
    }
  }

  /// Of each continuous flow: its name, what its solver's steps may be off by, and how often its
  /// net was asked in the last pass.
  public var solvers: [(name: String, tolerance: Double, evaluations: Int)] {
    chain.parts.compactMap { part in
      (part.flow as? Continuous).map { ("flows" + part.name, $0.tolerance, $0.evaluations) }
    }
  }

  public func firstNonFinite(_ x: Tensor, _ context: Context = Context()) -> String? {
    if !x.isFinite { return "the input" }
    var x = input(x, context)
    let (scored, logDensity) = scored(context)
    for part in scored.parts {
      let (z, logDet, _) = Chain([part]).transform(x)
      if !z.isFinite || !logDet.allSatisfy(\.isFinite) { return "flows" + part.name }
      x = z
    }
    return logDensity(Variable(own(x))).value.isFinite ? nil : "the base"
  }
}
