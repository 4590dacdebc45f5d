import Foundation
import Media
import Models
import Training

extension CheckpointConfig {
  /// What the model is, in a line.
  var words: String {
    switch model {
    case let c as GlowConfiguration:
      let classes =
        c.classes.isEmpty ? "" : ", \(counted(c.classes.count, "class", plural: "classes"))"
      let what =
        c.audio.map { "sound at \($0.rate) Hz" }
        ?? "\(c.width)×\(c.height) \(c.channels == 1 ? "gray" : "colour")"
      return "Glow, \(what)\(classes), \(counted(c.levels, "level")) of \(counted(c.steps, "step"))"
    case let c as FlowConfiguration: return "flow of \(counted(c.columns.count, "column"))"
    case let c as VAEConfiguration:
      return "VAE, \(counted(c.latent, "latent")), q by \(c.posterior.rawValue)"
    default: return kind
    }
  }

  /// What it learns from: the last part of the folder's or the table's name.
  var dataWords: String {
    data.target.map { "target \($0)" } ?? URL(fileURLWithPath: data.source).lastPathComponent
  }

  /// The part of a run in this state that is done; nil where its end is not known.
  func done(_ state: Trainer.State) -> Double? {
    let hasSettled = training.patience.map { state.evaluationsSinceBest >= $0 } ?? false
    return hasSettled ? 1 : end?.done(state)
  }
}
