import Foundation
import Media
import Models
import Training

extension InspectCommand {
  /// A variational autoencoder, which has no inverse.
  func inspect(_ vae: VAE, _ checkpoint: Checkpoint) throws {
    try refuse(["fit": fit.fit], notForVAEs)
    try check(files.isEmpty, "files are for models that invert")
    let (config, state, c) = (checkpoint.config, checkpoint.state, vae.configuration)
    let best = c.metric.value(state.best)
    if json { return try printJSON(checkpoint, vae, best: [c.metric.key], best) }
    let noun = c.image == nil ? "row" : "image"
    let data = c.image.map {
      "\($0.width)x\($0.height) \($0.channels == 1 ? "gray" : "colour") images"
    }
    print(
      """
      file        \(checkpoint.path)
      model       variational autoencoder of \
      \(data ?? "a table's rows: \(NameList.shown(c.columns))")
      likelihood  \(c.likelihoodSummary)
      latents     \(c.summary)
      parameters  \(grouped(vae.parameterCount))\(checkpoint.hasEMA ? ", and their averages" : "")
      trained     on \(config.data.source), \(counted(config.data.count, noun)); \
      \(counted(state.iteration, "step")) of \(grouped(config.training.batch)) in \
      \(ProgressBar.clock(state.seconds)), \(state.skipped) skipped
      optimizer   \(config.training.summary)
      best        \(best.isFinite ? "\(best.formatted(4)) validation \(c.metric.name)" : "none")
      """)
  }
}
