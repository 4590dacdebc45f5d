/// What the page must know of a model to offer what can be done with it.
struct ModelInfo: Encodable, Sendable {
  enum Kind: String, Encodable, Sendable { case image, sound, table }

  let name: String
  let words: String
  let kind: Kind
  /// Whether it has levels of latents, or just one; and whether its figure is a bound.
  let hasLevels, isBound: Bool
  let classes: [String]
  /// Classes whose mean latents can be gone between.
  let comparable: [String]
  /// [H, W, C] of each level's latent.
  let levels: [[Int]]
  let figure: String
  let width, height, channels: Int
  let rate: Int?
  let columns: [String]
  let temperature: Float
  let parameters: Int
}
