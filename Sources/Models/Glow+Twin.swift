import Tensors

extension Glow {
  /// A model with the same weights, in the very same memory, and gradients of its own: for another
  /// part of a batch, on another thread.
  public func twin() -> Glow {
    let twin = Glow(configuration)
    var own: [Parameter] = []
    visitParameters { own.append($1) }
    var rest = own[...]
    twin.visitParameters { if let one = rest.popFirst() { $1.share(valueOf: one) } }
    return twin
  }
}
