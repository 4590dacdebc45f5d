import Foundation
import Media
import Models
import Training

extension InspectCommand {
  /// Draws that the round trip is taken over.
  private static let draws = 1000

  /// A model of a table or a target.
  func inspect(_ flow: FlowDensity, _ checkpoint: Checkpoint) throws {
    try check(files.isEmpty, "files are for models of images and sounds")
    let (config, state, c) = (checkpoint.config, checkpoint.state, flow.configuration)
    let error = flow.roundTripError(draws: Self.draws)
    let metric = c.target == nil ? FlowTask.metric : TargetTask.metric
    let best = metric.value(state.best)
    if json {
      return try printJSON(
        checkpoint, flow, best: [metric.key], best, roundTrip: ("standard_deviations", error))
    }
    let rows = config.data.count > 0 ? ", \(counted(config.data.count, "row"))" : ""
    print(
      """
      file        \(checkpoint.path)
      model       \(c.target.map { "sampler of the target \($0)" } ?? "density of a table's rows")
      columns     \(Self.list(c.columns))\
      \(c.context.isEmpty ? "" : ", given " + Self.list(c.context.map(\.name)))\
      \(c.discrete.isEmpty ? "" : "; whole numbers: " + Self.list(c.discrete))
      flows       \(c.flows.isEmpty ? "none" : c.flows.joined(separator: ", "))
      base        \(c.base)
      hidden      \(c.hidden.isEmpty ? "none" : c.hidden.map(grouped).joined(separator: ", "))
      parameters  \(grouped(flow.parameterCount))\(checkpoint.hasEMA ? ", and their averages" : "")
      trained     on \(config.data.source)\(rows); \(counted(state.iteration, "step")) of \
      \(grouped(config.training.batch)) in \(ProgressBar.clock(state.seconds)), \
      \(state.skipped) skipped
      optimizer   \(config.training.summary)
      best        \(best.isFinite ? "\(best.formatted(4)) validation \(metric.name)" : "none")
      round trip  \(String(format: "%.2g", error)) standard deviations at most, over \
      \(grouped(Self.draws)) draws
      condition   \(Self.conditions(flow))
      """)
    for solver in flow.solvers {
      let tolerance = String(format: "%g", solver.tolerance)
      print(
        "solver      keeps \(solver.name) within \(tolerance), by "
          + "\(counted(solver.evaluations, "evaluation")) of its net in a pass")
    }
  }

  /// The condition number of each flow that has one, with its name.
  private static func conditions(_ flow: FlowDensity) -> String {
    let lines = flow.conditionNumbers.map { entry in
      // flows.I
      let index = entry.name.split(separator: ".").last.flatMap { Int($0) } ?? 0
      return String(format: "%.3g", entry.number)
        + " of \(flow.configuration.flows[index]), number \(index + 1)"
    }
    return lines.isEmpty
      ? "no flow here has a condition number" : lines.joined(separator: "\n            ")
  }

  /// The first few names, and how many there are.
  private static func list(_ names: [String]) -> String {
    let shown = names.prefix(12).map(FileError.oneLine).joined(separator: ", ")
    return names.count > 12 ? "\(shown) and \(grouped(names.count - 12)) more" : shown
  }
}
