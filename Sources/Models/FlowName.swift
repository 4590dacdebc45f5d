import Flows
import Tensors

/// The flows that can be asked for by name, each built in one place.
public enum FlowName: String, CaseIterable, Sendable {
  /// Additive coupling of columns: `Coupling`.
  case nice
  /// Affine coupling of columns: `Coupling`.
  case realnvp
  /// Autoregressive, with an affine function of each column: `Autoregressive`.
  case maf
  /// The same turned round, so that drawing is the one pass: `Inverted`.
  case iaf
  /// Autoregressive, with a rational-quadratic spline of each column: `Autoregressive`.
  case nsf
  /// Autoregressive, with a mixture of logistics' distribution function: `Autoregressive`.
  case mixture
  /// Autoregressive, with a mixture of Gaussians' distribution function, onto (0, 1):
  /// `Autoregressive`.
  case gmm
  /// A bend along one direction: `Planar`.
  case planar
  /// A swelling or a hollow around one point: `Radial`.
  case radial
  /// Along a learned field, by an adaptive solver: `Continuous`.
  case continuous
  /// Coupling of columns by splines: `Coupling`.
  case couplingNSF = "coupling-nsf"
  /// Coupling of columns by mixtures of logistics: `Coupling`.
  case couplingMixture = "coupling-mixture"
  /// `Sylvester`, its basis kept orthonormal by iteration.
  case sylvesterOrthogonal = "sylvester-orthogonal"
  /// `Sylvester`, its basis a product of reflections.
  case sylvesterHouseholder = "sylvester-householder"
  /// `Sylvester`, its basis the columns in their order, or turned round.
  case sylvesterTriangular = "sylvester-triangular"
  /// To mean 0 and covariance I; set from the first batch, then learned: `Whitening`.
  case whiten
  /// A learned matrix over the columns by its LU factors: `InvertibleConvolution`.
  case lu
  /// A learned product of reflections: `HouseholderRotation`.
  case rotation
  /// The columns in another order, drawn at random: `Permutation`.
  case permute
  /// The columns from last to first: `Permutation`.
  case reverse
  /// To mean 0 and deviation 1 by columns; set from the first batch, then learned: `ActNorm`.
  case actnorm
  /// A learned affine function of each column: `Elementwise`.
  case affine
  /// A learned spline of each column: `Elementwise`.
  case spline
  /// log(x / (1 − x)): `Pointwise`.
  case logit
  /// 1 / (1 + e⁻ˣ): `Pointwise`.
  case sigmoid
  /// log(1 + eˣ): `Pointwise`.
  case softplus
  /// tanh x: `Pointwise`.
  case tanh

  /// What it is, in a few words.
  public var summary: String {
    switch self {
    case .nice: "additive coupling"
    case .realnvp: "affine coupling"
    case .maf: "masked autoregressive, affine"
    case .iaf: "maf turned round"
    case .nsf: "masked autoregressive, splines"
    case .mixture: "masked autoregressive, mixtures of logistics"
    case .gmm: "masked autoregressive, mixtures of Gaussians, onto (0, 1)"
    case .planar: "a bend along one direction"
    case .radial: "a swelling around a point"
    case .continuous: "along a field, by an adaptive solver"
    case .couplingNSF: "coupling, splines"
    case .couplingMixture: "coupling, mixtures of logistics"
    case .sylvesterOrthogonal, .sylvesterHouseholder, .sylvesterTriangular:
      "planar flows along orthonormal directions"
    case .whiten: "a triangular linear map, set from the covariance"
    case .lu: "a linear map, by its LU factors"
    case .rotation: "a product of reflections"
    case .permute: "a random order of the columns"
    case .reverse: "the reversed order"
    case .actnorm: "shift and scale, set from the first batch"
    case .affine: "shift and scale"
    case .spline: "a spline for each column by itself"
    case .logit, .sigmoid, .softplus, .tanh: "a fixed function of each column"
    }
  }

  /// Whether it needs two columns.
  var isCoupling: Bool {
    [.nice, .realnvp, .couplingNSF, .couplingMixture].contains(self)
  }

  /// Whether it lets columns change each other in a fixed order, so that another order should
  /// follow.
  public var hasOrder: Bool {
    isCoupling || [.maf, .iaf, .nsf, .mixture, .gmm].contains(self)
  }

  /// Whether one of it alone is little, so that several are taken where one is asked for.
  public var isRepeated: Bool {
    isCoupling || [.maf, .iaf, .nsf, .mixture, .planar, .radial].contains(self)
      || rawValue.hasPrefix("sylvester")
  }

  /// Whether it has nets with hidden units.
  public var hasNets: Bool { hasOrder || self == .continuous }

  /// Whether what comes out lies in (0, 1).
  public var isBounded: Bool { self == .gmm || self == .sigmoid }

  /// The flow, as number `index` of a model's.
  func flow(_ c: FlowConfiguration, index: Int, seed: UInt64) -> any Flow {
    let random = RandomStream(seed: seed, .parameters, index)
    let (d, context) = (c.columns.count, c.contextWidth)
    func autoregressive(_ transformer: Transformer) -> Autoregressive {
      Autoregressive(
        columns: d, context: context, transformer: transformer, hidden: c.hidden,
        activation: c.activation, random: random)
    }
    func coupling(_ transformer: Transformer) -> any Flow {
      Coupling(
        columns: d, context: context, transformer: transformer, hidden: c.hidden,
        activation: c.activation, random: random)
    }
    func turned(_ flow: Autoregressive, _ isTurned: Bool) -> any Flow {
      isTurned ? Inverted(flow) : flow
    }
    func sylvester(_ basis: String) -> any Flow {
      Sylvester(
        columns: d, basis: basis, directions: c.directions, isFlipped: index % 2 == 1,
        random: random)
    }
    /// A flow that knows no context leaves it where it is.
    func beside(_ flow: any Flow) -> any Flow { context == 0 ? flow : BesideContext(context, flow) }
    let spline = Transformer.spline(bins: c.bins, bound: c.bound)
    switch self {
    case .nice: return coupling(.additive)
    case .realnvp: return coupling(.affine)
    case .couplingNSF: return coupling(spline)
    case .couplingMixture: return coupling(.logisticMixture(components: c.components))
    // a sampler's flows go the other way, and so do these two
    case .maf: return turned(autoregressive(.affine), c.isSampler)
    case .iaf: return turned(autoregressive(.affine), !c.isSampler)
    case .nsf: return autoregressive(spline)
    case .mixture: return autoregressive(.logisticMixture(components: c.components))
    case .gmm: return autoregressive(.gaussianMixture(components: c.components))
    case .planar: return beside(Planar(columns: d, random: random))
    case .radial: return beside(Radial(columns: d, random: random))
    case .sylvesterOrthogonal: return beside(sylvester("orthogonal"))
    case .sylvesterHouseholder: return beside(sylvester("householder"))
    case .sylvesterTriangular: return beside(sylvester("triangular"))
    case .continuous:
      return beside(
        Continuous(columns: d, hidden: c.hidden, tolerance: c.tolerance, random: random))
    case .whiten: return beside(Whitening(columns: d))
    case .lu: return beside(InvertibleConvolution(channels: d, random: random))
    case .rotation:
      return beside(
        HouseholderRotation(columns: d, reflections: min(d, c.directions), random: random))
    case .permute: return Permutation(columns: d, context: context, random: random)
    case .reverse: return Permutation(columns: d, context: context, random: nil)
    case .actnorm: return beside(ActNorm(channels: d))
    case .affine: return beside(Elementwise(columns: d, transformer: .affine))
    case .spline: return beside(Elementwise(columns: d, transformer: spline))
    case .logit: return beside(Pointwise.logit)
    case .sigmoid: return beside(Pointwise.sigmoid)
    case .softplus: return beside(Pointwise.softplus)
    case .tanh: return beside(Pointwise.tanh)
    }
  }
}
