import Foundation
import Media
import Models
import Tensors
import Training

extension BenchCommand {
  /// Times a density of a table: a training step, rows scored and drawn in a second.
  func benchFlow(_ flow: FlowName) throws {
    let columns = columns ?? 63
    var c = FlowConfiguration(columns: (1...columns).map { "x\($0)" }, flows: [])
    c.hidden = hidden?.sizes ?? [256, 256]
    c.flows = FlowConfiguration.expanded(
      [flow], columns: columns, transforms: transforms ?? 5
    ).filter { $0 != FlowName.whiten.rawValue }
    c.joinBase()
    let b = FlowBenchmark(c, batch: batch ?? 512, repeats: repeats, profile: profile)
    let perSecond = { (seconds: Double) in Double(b.batch) / seconds }
    if json {
      print(
        """
        {"peer":"swift-glow, oneDNN \(oneDNNVersion)","flow":"\(flow.rawValue)","features":\(columns),\
        "parameters":\(b.parameters),"threads":\(ThreadPool.threads),"batch":\(b.batch),\
        "step_s":\(b.step.formatted(5)),"scored_per_s":\(perSecond(b.scoring).formatted(1)),\
        "drawn_per_s":\(perSecond(b.drawing).formatted(1))}
        """)
      return
    }
    print(
      """
      model       \(c.summary); \(counted(columns, "column")), \(grouped(b.parameters)) parameters; \
      batch \(b.batch), float32, \(counted(ThreadPool.threads, "thread")), oneDNN \(oneDNNVersion)
      training    \((1000 * b.step).formatted(2)) ms a step, \
      \(grouped(Int(perSecond(b.step)))) rows/s
      scoring     \(grouped(Int(perSecond(b.scoring)))) rows/s
      drawing     \(grouped(Int(perSecond(b.drawing)))) rows/s
      """)
    if profile { printProfile(b.operations, step: b.step, limit: nil) }
  }
}
