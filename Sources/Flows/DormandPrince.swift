import Foundation
import Tensors

/// The adaptive Runge–Kutta method of orders 5 and 4, on the tape: gradients go back through the
/// steps that were taken. Dormand & Prince (1980).
struct DormandPrince {
  /// The error of a step, relative and absolute, in each row's root mean square.
  let tolerance: Double
  /// Steps that would be shorter are taken all the same.
  private let shortest = 1e-4

  /// The state at time `end` from that at `start`, and how often the field was asked.
  func solve(
    _ state: [Variable], from start: Double, to end: Double,
    field: (_ state: [Variable], _ time: Double) -> [Variable]
  ) -> (state: [Variable], evaluations: Int) {
    var (state, time, evaluations) = (state, start, 1)
    let direction: Double = end > start ? 1 : -1
    var size = min(abs(end - start), 0.1)
    var first = field(state, time)
    while (end - time) * direction > 1e-12 {
      size = min(size, (end - time) * direction)
      let step = Float(size * direction)
      var slopes = [first]
      for (stage, row) in Self.nodes.enumerated() {
        let at = advanced(state, slopes, row.map { $0 * step })
        slopes.append(field(at, time + Self.times[stage] * size * direction))
      }
      evaluations += Self.nodes.count
      let next = advanced(state, slopes, Self.fifth.map { $0 * step })
      let error = worst(advanced(nil, slopes, Self.difference.map { $0 * step }), state, next)
      if error <= 1 || size <= shortest {
        (state, time, first) = (next, time + size * direction, slopes[slopes.count - 1])
      }
      let factor = error > 0 ? 0.9 * pow(error, -0.2) : 10
      size = max(shortest, size * min(10, max(0.2, factor)))
    }
    return (state, evaluations)
  }

  /// state + Σ weight · slope
  private func advanced(_ state: [Variable]?, _ slopes: [[Variable]], _ weights: [Float])
    -> [Variable]
  {
    slopes[0].indices.map { part in
      var sum = state?[part]
      for (slope, weight) in zip(slopes, weights) where weight != 0 {
        let term = slope[part] * weight
        sum = sum.map { $0 + term } ?? term
      }
      return sum ?? slopes[0][part] * 0
    }
  }

  /// The largest error of a row over what is tolerated there.
  private func worst(_ error: [Variable], _ before: [Variable], _ after: [Variable]) -> Double {
    var largest = 0.0
    for (part, error) in error.enumerated() {
      let (e, a, b) = (
        error.value.elements, before[part].value.elements, after[part].value.elements
      )
      let columns = error.columns
      for row in 0..<error.rows {
        var sum = 0.0
        for i in row * columns..<(row + 1) * columns {
          let scale = tolerance * (1 + Double(max(abs(a[i]), abs(b[i]))))
          sum += Double(e[i]) * Double(e[i]) / (scale * scale)
        }
        largest = max(largest, (sum / Double(columns)).squareRoot())
      }
    }
    return largest
  }

  private static let times: [Double] = [0.2, 0.3, 0.8, 8.0 / 9, 1, 1]
  private static let nodes: [[Float]] = [
    [1.0 / 5],
    [3.0 / 40, 9.0 / 40],
    [44.0 / 45, -56.0 / 15, 32.0 / 9],
    [19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729],
    [9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656],
    [35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84],
  ]
  private static let fifth: [Float] = [
    35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84,
  ]
  /// Of the fifth and the fourth order.
  private static let difference: [Float] = [
    71.0 / 57600, 0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525, -1.0 / 40,
  ]
}
