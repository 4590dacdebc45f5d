import Tensors
import Testing

@testable import Detection

@Suite struct GaussianDistanceTests {
  private static func moments(_ rows: [[Double]]) -> Moments {
    var moments = Moments(width: rows[0].count)
    for row in rows { moments.add(row[...]) }
    return moments
  }

  private static func rows(_ count: Int, seed: UInt64) -> [[Double]] {
    let noise = RandomStream(seed: seed, .samples).normal([count, 2]).elements.map { Double($0) }
    return (0..<count).map { i -> [Double] in
      let (a, b) = (noise[2 * i], noise[2 * i + 1])
      return [3 + 2 * a, a + 0.5 * b]
    }
  }

  /// Of many rows the shrinking is nothing, and the covariance [4 2; 2 1.25] has the inverse
  /// [1.25 −2; −2 4].
  @Test func isMahalanobis() {
    let distance = GaussianDistance(Self.moments(Self.rows(100_000, seed: 1)))
    for (x, y) in [(3.0, 1.0), (7, 0), (1, -1)] {
      let (a, b) = (x - 3, y)
      let squared = 1.25 * a * a - 4 * a * b + 4 * b * b
      #expect(abs(distance([x, y]) - squared.squareRoot()) < 0.02 * (1 + squared.squareRoot()))
    }
  }

  /// Rows taken out are as rows never added.
  @Test func forgets() {
    let rows = Self.rows(30, seed: 2)
    let without = GaussianDistance(Self.moments(rows) - Self.moments([rows[4]]))
    let others = GaussianDistance(
      Self.moments(rows.enumerated().filter { $0.offset != 4 }.map(\.element)))
    #expect(abs(without(rows[4][...]) - others(rows[4][...])) < 1e-9)
    #expect(without(rows[4][...]) > GaussianDistance(Self.moments(rows))(rows[4][...]))
  }

  @Test func ofWhatIsNotFinite() {
    let distance = GaussianDistance(Self.moments(Self.rows(30, seed: 3)))
    #expect(distance([.infinity, 0]) == .infinity && distance([.nan, 0]) == .infinity)
  }

  /// A column that never changed, and fewer rows than columns.
  @Test func ofLittle() {
    let same = GaussianDistance(Self.moments([[1, 0], [1, 1], [1, 2]]))
    #expect(same([1, 1]) < 1e-6 && same([1.1, 1]) > 100)
    let few = GaussianDistance(Self.moments([[1, 0, 2, 3], [1, 1, 1, 3.5]]))
    #expect(few([2, 2, 2, 2]).isFinite)
  }
}
