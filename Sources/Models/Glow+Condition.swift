import Flows
import Tensors

/// What the couplings' nets are told beside half of the channels.
extension Glow {
  /// The levels, told a condition, [N, 1, F, B], of examples of this shape, which begin so many
  /// columns behind its first place. None of it is told to a model without a condition.
  func levels(given condition: Tensor?, for shape: [Int], from start: Int = 0) -> [Level] {
    guard let kind = configuration.condition, let normalizer else {
      precondition(condition == nil, "the model is told nothing")
      return levels
    }
    guard let condition else { preconditionFailure("the model is told something") }
    precondition(
      condition.examples == shape[0] && condition.shape[1] == 1
        && condition.channels == kind.channels,
      "\(condition.shape) beside \(shape)")
    let values = normalizer.forward(condition).z
    let count = condition.shape[2]
    return levels.enumerated().map { index, level in
      let own = kind.places(
        level: index, columns: shape[2] >> (index + 1), from: start, count: count)
      let places = (0..<shape[0]).flatMap { n in own.map { ($0.row + n * count, $0.share) } }
      return level.given(
        RowsBetween(values, RowsBetween.Places(places, count: values.rows)))
    }
  }

  /// A condition of which every number is as it is in the mean, for columns up to `width`.
  public func meanCondition(_ examples: Int, width: Int) -> Tensor? {
    guard let kind = configuration.condition, let normalizer else { return nil }
    let count = kind.count(of: width)
    let row = normalizer.bias.value.elements.map { -$0 }
    return Tensor(
      (0..<examples * count).flatMap { _ in row }, shape: [examples, 1, count, kind.channels])
  }
}
