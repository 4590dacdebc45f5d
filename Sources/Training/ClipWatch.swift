/// Notices once when most steps are cut: the bound then decides how fast a model learns.
struct ClipWatch {
  private static let length = 100
  private var recent: [Bool] = []
  private var hasTold = false

  /// Takes in a step; a warning the first time that more than half of the last hundred were cut.
  mutating func warning(after step: Trainer.Step) -> String? {
    recent = recent.suffix(Self.length - 1) + [step.isClipped]
    let cut = recent.count { $0 }
    guard !hasTold, recent.count == Self.length, cut > Self.length / 2 else { return nil }
    hasTold = true
    return
      "the bound on the gradient's norm cut \(cut) of the last \(Self.length) steps, so that it "
      + "decides how fast the model learns; the default moves with the norm"
  }
}
