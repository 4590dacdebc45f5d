import Flows
import Tensors

/// What the couplings' nets are told beside half of the channels.
extension Glow {
  /// The levels, told a condition, [N, Fh, Fw, B], of examples of this shape, which begin so many
  /// columns behind its first place. None of it is told to a model without a condition.
  func levels(given condition: Tensor?, for shape: [Int], from start: Int = 0) -> [Level] {
    guard let kind = configuration.condition, let normalizer else {
      precondition(condition == nil, "the model is told nothing")
      return levels
    }
    guard let condition else { preconditionFailure("the model is told something") }
    precondition(
      condition.examples == shape[0] && condition.channels == kind.channels,
      "\(condition.shape) beside \(shape)")
    let values = normalizer.forward(condition).z
    return levels.enumerated().map { index, level in
      let own = places(of: kind, level: index, for: shape, from: start, in: condition.shape)
      let places = (0..<shape[0]).flatMap { n in
        own.map { ($0.row + n * condition.positions, $0.share) }
      }
      return level.given(
        RowsBetween(values, RowsBetween.Places(places, count: values.rows)))
    }
  }

  private func places(
    of kind: GlowConfiguration.Condition, level: Int, for shape: [Int], from start: Int,
    in told: [Int]
  ) -> [(row: Int, share: Float)] {
    switch configuration.medium {
    case .sound:
      precondition(told[1] == 1, "\(told) beside \(shape)")
      return kind.places(
        level: level, columns: shape[2] >> (level + 1), from: start, count: told[2])
    case .images:
      precondition(
        told[1] == kind.blocks(over: shape[1]) && told[2] == kind.blocks(over: shape[2]),
        "\(told) beside \(shape)")
      return kind.blocks(
        level: level, height: shape[1] >> (level + 1), width: shape[2] >> (level + 1))
    }
  }

  /// A condition of which every number is as it is in the mean, for examples up to `width` columns.
  public func meanCondition(_ examples: Int, width: Int) -> Tensor? {
    guard let kind = configuration.condition, let normalizer else { return nil }
    let places = configuration.conditionPlaces(kind, width: width)
    let row = normalizer.bias.value.elements.map { -$0 }
    return Tensor(
      (0..<examples * places[0] * places[1]).flatMap { _ in row },
      shape: [examples] + places + [kind.channels])
  }
}
