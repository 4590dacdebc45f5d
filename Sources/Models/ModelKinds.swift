/// Every kind of model that a checkpoint can hold.
public enum ModelKinds {
  /// The types; a new one costs a line here.
  public static var types: [any Model.Type] { [Glow.self, FlowDensity.self, VAE.self] }

  /// The type whose models are of this kind, or nil.
  public static func type(of kind: String) -> (any Model.Type)? {
    types.first { $0.kinds.contains(kind) }
  }
}
