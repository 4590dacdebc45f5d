import Flows
import Tensors

/// The posteriors of a VAE by name: a diagonal Gaussian, and flows of one kind behind it.
public enum PosteriorName: String, CaseIterable, Codable, Sendable {
  /// A diagonal Gaussian alone.
  case gaussian
  /// Planar flows.
  case planar
  /// Inverse autoregressive flows, affine.
  case iaf
  /// Sylvester flows, their bases kept orthonormal by iteration.
  case orthogonal
  /// Sylvester flows, their bases products of reflections.
  case householder
  /// Sylvester flows, their bases the columns in their order or turned round.
  case triangular
  /// Masked autoregressive flows, affine.
  case maf
  /// Inverse autoregressive flows, splines.
  case nsf

  /// What it is, in a few words.
  public var summary: String {
    switch self {
    case .gaussian: "a diagonal Gaussian"
    case .planar: "planar flows"
    case .iaf: "inverse autoregressive flows, affine"
    case .orthogonal: "Sylvester flows, orthogonal"
    case .householder: "Sylvester flows, by reflections"
    case .triangular: "Sylvester flows, triangular"
    case .maf: "masked autoregressive flows, affine"
    case .nsf: "inverse autoregressive flows, splines"
    }
  }

  /// Whether its flows have nets of hidden units.
  public var hasNets: Bool { [.iaf, .maf, .nsf].contains(self) }

  /// Flow number `index`.
  func flow(_ c: VAEConfiguration, features: Int, index: Int, random: RandomStream)
    -> AmortizedFlow?
  {
    func sylvester(_ basis: String) -> AmortizedFlow {
      .sylvester(
        columns: c.latent, basis: basis, directions: c.vectors, isFlipped: index % 2 == 1,
        features: features, random: random)
    }
    func autoregressive(_ transformer: Transformer) -> AmortizedFlow {
      .autoregressive(
        columns: c.latent, features: features, transformer: transformer, hidden: c.flowHidden,
        isReversed: index % 2 == 1, random: random)
    }
    switch self {
    case .gaussian: return nil
    case .planar: return .planar(columns: c.latent, features: features, random: random)
    case .iaf: return autoregressive(.affine)
    case .nsf: return autoregressive(.spline(bins: 8, bound: 4))
    case .orthogonal: return sylvester("orthogonal")
    case .householder: return sylvester("householder")
    case .triangular: return sylvester("triangular")
    case .maf:
      return .turnedAutoregressive(
        columns: c.latent, features: features, transformer: .affine, hidden: c.flowHidden,
        isReversed: index % 2 == 1, random: random)
    }
  }
}
