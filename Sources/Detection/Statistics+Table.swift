import Foundation
import Media
import Models
import Tensors
import Training

extension Statistics {
  /// Of every row of a table: bits, what the flows and the base add to them, and the latents where
  /// they are not too many. All rows get the same noise, where columns get any, so that no row's
  /// numbers depend on the others. `numbers` are those of the rows in their file; from 1 unless
  /// given.
  public init(
    of flow: FlowDensity, on rows: FlowRows, numbers: [Int]? = nil, seed: UInt64 = 0
  ) {
    let columns = flow.configuration.columns.count
    let noise = RandomStream(seed: seed, .validationNoise)
    let names = Self.names(flow.configuration)
    var values: [Double] = []
    for first in stride(from: 0, to: rows.count, by: FlowTask.scoredAtOnce) {
      let (x, context) = rows.alike(
        first..<min(first + FlowTask.scoredAtOnce, rows.count), noise: noise)
      let (z, logLikelihood) = flow.encode(x, context)
      let base = flow.base(context).logDensity(Variable(z)).value.elements
      let latents = z.elements
      for (n, total) in logLikelihood.enumerated() {
        values += [-total / log(2), Double(base[n]), total - Double(base[n])]
        if names.count > 3 {
          values += latents[n * columns..<(n + 1) * columns].map { Double($0) }
        }
      }
    }
    self.init(
      names: names, values: values,
      items: (numbers ?? Array(1...rows.count)).map { "\($0)" })
  }

  /// What the columns are called.
  static func names(_ c: FlowConfiguration) -> [String] {
    [Name.bits, "log density", "log-det"]
      + (c.columns.count <= mostLatents ? c.columns.map { Name.latent + $0 } : [])
  }

  private static let mostLatents = 64
}
