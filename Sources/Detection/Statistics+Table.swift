import Foundation
import Media
import Models
import Tensors
import Training

extension Statistics {
  /// Of every row of a table: bits, what the flows and the base add to them, and the latents where they
  /// are not too many.
  public init(of flow: FlowDensity, on rows: FlowRows, seed: UInt64 = 0) {
    let columns = flow.configuration.columns.count
    let noise = RandomStream(seed: seed, .validationNoise)
    let hasLatents = columns <= Self.mostLatents
    var values: [Double] = []
    for first in stride(from: 0, to: rows.count, by: FlowTask.scoredAtOnce) {
      let (x, context) = rows.rows(
        first..<min(first + FlowTask.scoredAtOnce, rows.count), noise: noise)
      let (z, logLikelihood) = flow.encode(x, context)
      let base = flow.base(context).logDensity(Variable(z)).value.elements
      let latents = z.elements
      for (n, total) in logLikelihood.enumerated() {
        values += [-total / log(2), Double(base[n]), total - Double(base[n])]
        if hasLatents {
          values += latents[n * columns..<(n + 1) * columns].map { Double($0) }
        }
      }
    }
    self.init(
      names: [Name.bits, "log density", "log-det"]
        + (hasLatents ? flow.configuration.columns.map { "latent \($0)" } : []),
      values: values, items: (1...rows.count).map { "\($0)" })
  }

  private static let mostLatents = 64
}
