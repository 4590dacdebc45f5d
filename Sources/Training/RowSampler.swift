import Media
import Models
import Tensors

/// Draws rows of a table from a model of one; piece by piece, millions take no memory.
public struct RowSampler {
  /// The columns of a drawn row: the model's, and behind them its context.
  public var columns: [String] { configuration.columnsWithContext }
  private let model: any Model
  private let configuration: FlowConfiguration
  private let context: ContextRows?
  private let seed: UInt64
  private let temperature: Float

  /// Rows drawn at once.
  private static let piece = 8192

  /// A sampler whose row n is a function of seed, n and its context; a conditional model must have
  /// one.
  public init(
    _ flow: FlowDensity, context: ContextRows? = nil, seed: UInt64 = 0, temperature: Float = 1
  ) {
    precondition(
      flow.configuration.context.isEmpty || context != nil, "a conditional model needs a context")
    (model, configuration, self.context) = (flow, flow.configuration, context)
    (self.seed, self.temperature) = (seed, temperature)
  }

  /// A sampler of a VAE of a table.
  public init(_ vae: VAE, seed: UInt64 = 0, temperature: Float = 1) {
    (model, configuration, context) = (vae, vae.configuration.rows, nil)
    (self.seed, self.temperature) = (seed, temperature)
  }

  /// What the numbers of the columns must be kept as.
  public var number: TableWriter.Number { configuration.number }

  /// The rows 0..<count in the pieces that are drawn at once.
  public func pieces(_ count: Int) -> [Range<Int>] { (0..<count).pieces(of: Self.piece) }

  /// The rows of these numbers: values of the columns, whole ones where the columns are. Throws
  /// `Sampler.NotFinite`.
  public func rows(_ range: Range<Int>) throws -> [Double] {
    let x = model.sample(
      range, temperature: temperature, context?.context(range) ?? Context(), seed: seed)
    let values = configuration.values(of: x)
    guard values.allSatisfy(\.isFinite) else { throw Sampler.NotFinite() }
    return context?.beside(values, range) ?? values
  }
}

extension FlowConfiguration {
  /// The columns of a row that a model gives: its own, and behind them its context.
  public var columnsWithContext: [String] { columns + context.map(\.name) }

  /// What the numbers of the columns must be kept as: single precision has no digits left for the
  /// differences of a column that lies far from zero.
  public var number: TableWriter.Number {
    zip(shift, scale).contains { Self.isFar($0, $1) } ? .float64 : latentNumber
  }

  /// What their latents must be kept as, with the context behind them.
  public var latentNumber: TableWriter.Number {
    let isLost = context.contains {
      Self.isFar($0.shift, $0.scale) || $0.values.contains { Double(Float($0)) != $0 }
    }
    return isLost ? .float64 : .float32
  }

  private static func isFar(_ shift: Double, _ scale: Double) -> Bool { abs(shift) > 1000 * scale }
}
