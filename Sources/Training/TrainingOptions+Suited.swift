import Models
import Tensors

extension TrainingOptions {
  /// How a model of images or sounds is trained where nothing else is asked for.
  public static func suited(to glow: GlowConfiguration) -> TrainingOptions {
    var options = TrainingOptions()
    options.batch = glow.suitedBatch
    options.precision = .fastest
    (options.optimizer, options.learningRate, options.cooldown) = (.muon, 0.002, 0.5)
    return options
  }

  /// Steps from one move of a matrix by Muon to the next, a power of two up to 8, so that they take
  /// an eighth of a step's arithmetic at most; nil for 1, and for other optimizers.
  public func suitedMuonInterval(for glow: GlowConfiguration) -> Int? {
    guard optimizer == .muon else { return nil }
    var muon = 0.0
    Glow(glow).visitParameters { if $1.isHiddenMatrix { muon += MuonStep.flops($1.shape) } }
    let step = 3 * glow.flops * Double(batch)
    if muon <= step / 8 { return nil }
    return [2, 4].first { muon / Double($0) <= step / 8 } ?? 8
  }

  /// Steps over which the rate rises: 100, in a run of fewer than 2,000 a twentieth of it.
  public func suitedWarmup(for end: TrainingRun.End) -> Int {
    if case .iterations(let n) = end { min(100, max(1, n / 20)) } else { 100 }
  }
}
