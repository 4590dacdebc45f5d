import Tensors

extension GlowConfiguration: ModelConfiguration {}

extension Glow: Model {
  public static let kinds = ["images", "audio"]

  public static func kind(of configuration: GlowConfiguration) -> String {
    configuration.medium.kind
  }

  // features are the condition

  public func initialize(from x: Tensor, _ context: Context) {
    initialize(from: x, condition: context.features)
  }

  public func logLikelihood(_ x: Tensor, _ context: Context) -> [Double] {
    encode(x, labels: context.labels, condition: context.features).logLikelihood
  }

  public func sample(
    _ examples: Range<Int>, temperature: Float, _ context: Context, seed: UInt64
  ) -> Tensor {
    sample(
      examples, width: nil, temperature: temperature, labels: context.labels,
      condition: context.features, seed: seed)
  }

  public func firstNonFinite(_ x: Tensor, _ context: Context) -> String? {
    firstNonFinite(x, condition: context.features)
  }
}
