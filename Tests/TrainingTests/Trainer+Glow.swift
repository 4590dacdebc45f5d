import Models
import Training

extension Trainer {
  /// The model of a trainer of images or sounds.
  var glow: Glow {
    guard let task = task as? GlowTask else { preconditionFailure("it trains another task") }
    return task.glow
  }
}
