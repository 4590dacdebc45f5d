import Tensors

/// Whether files as a whole are drawn from what known-good ones are drawn from: a permutation test
/// of Hotelling's T² of ranks.
///
///     T² ∝ (x̄ − ȳ)ᵀ Σ⁻¹ (x̄ − ȳ),  of each column's ranks among all files together
///
/// p is how often as many files, drawn at random from both, differ as much from the rest, so that
/// it holds for any number of files; ranks keep one file that is far out from hiding the others. Of
/// an image in tiles the mean over them counts.
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
    let known = calibration.statistics
    let columns = Self.columns(score, of: known, tested).map(Self.ranks)
    let (count, width) = (known.items.count + tested.items.count, columns.count)
    let rows = (0..<count).flatMap { i in columns.map { $0[i] } }
    var moments = Moments(width: width)
    for i in 0..<count { moments.add(rows[i * width..<(i + 1) * width]) }
    let distance = GaussianDistance(moments)
    // given all files, T² grows with the distance of the group's mean from theirs
    func statistic(_ group: ArraySlice<Int>) -> Double {
      var mean = [Double](repeating: 0, count: width)
      for i in group {
        for column in 0..<width { mean[column] += rows[i * width + column] }
      }
      for column in 0..<width { mean[column] /= Double(group.count) }
      return distance(mean[...])
    }
    var order = Array(0..<count)
    let own = statistic(order[known.items.count...])
    var generator = RandomStream(seed: seed, .samples).generator
    var asMuch = 0
    for _ in 0..<draws {
      for i in 0..<tested.items.count {
        order.swapAt(i, Int.random(in: i..<count, using: &generator))
      }
      if statistic(order[..<tested.items.count]) >= own * (1 - 1e-9) { asMuch += 1 }
    }
    p = Double(1 + asMuch) / Double(1 + draws)
    self.draws = draws
  }

  /// A number a file and column, those of known files first; a score that is no distance is one
  /// column.
  private static func columns(_ score: Score, of known: Statistics, _ tested: Statistics)
    -> [[Double]]
  {
    let columns = score.columns(of: known).map { known.means($0) + tested.means($0) }
    guard !score.isDistance else { return columns }
    return [columns[0].indices.map { i in score.value(columns.map { $0[i] }[...]) }]
  }

  /// The place of each number among all, equal ones the mean of theirs; what is not a number is the
  /// last.
  private static func ranks(_ values: [Double]) -> [Double] {
    let values = values.map { $0.isNaN ? .infinity : $0 }
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var first = 0
    while first < order.count {
      var end = first + 1
      while end < order.count, values[order[end]] == values[order[first]] { end += 1 }
      for i in first..<end { ranks[order[i]] = Double(first + end - 1) / 2 }
      first = end
    }
    return ranks
  }
}
