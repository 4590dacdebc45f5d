import Tensors

/// Whether files as a whole are drawn from what known-good ones are drawn from: a permutation test of
/// Hotelling's T².
///
///     T² ∝ (x̄ − ȳ)ᵀ Σ⁻¹ (x̄ − ȳ),  Σ of all files together
///
/// p is how often as many files, drawn at random from both, differ as much from the rest, so that it
/// holds for any number of files. Of an image in tiles the mean over them counts.
public struct GroupTest: Sendable {
  /// How often such a group comes about by chance.
  public let p: Double
  /// How many groups were drawn.
  public let draws: Int

  /// Tests files by the columns of a score.
  public init(
    _ tested: Statistics, by calibration: Calibration, score: Score = .combined,
    draws: Int = 9999, seed: UInt64 = 0
  ) {
    let names = score.columns(of: tested)
    let columns = names.map { calibration.statistics.means($0) + tested.means($0) }
    let (count, width) = (columns.first?.count ?? 0, names.count)
    // a score of its own, such as bits less the packed size, is tested as the number that it is
    let rows = (0..<count).map { i -> [Double] in
      let row = columns.map { $0[i] }
      return score.isDistance ? row : [score.value(row[...])]
    }
    let known = calibration.statistics.items.count
    var moments = Moments(width: score.isDistance ? width : 1)
    for row in rows { moments.add(row[...]) }
    let distance = GaussianDistance(moments)
    // given all files, T² grows with the distance of the group's mean from theirs
    func statistic(_ group: some Sequence<Int>) -> Double {
      var sum = Moments(width: moments.sum.count)
      for i in group { sum.add(rows[i][...]) }
      return distance(sum.sum.map { $0 / sum.count }[...])
    }
    let own = statistic(known..<count)
    var generator = RandomStream(seed: seed, .samples).generator
    var order = Array(0..<count)
    var asMuch = 0
    for _ in 0..<draws {
      for i in 0..<count - known {
        order.swapAt(i, Int.random(in: i..<count, using: &generator))
      }
      if statistic(order[..<(count - known)]) >= own * (1 - 1e-9) { asMuch += 1 }
    }
    p = Double(1 + asMuch) / Double(1 + draws)
    self.draws = draws
  }
}
