import Tensors

extension Tensor {
  /// y, [N, D], with Jᵀ y = self in each row, where J is a map's Jacobian there.
  ///
  /// `passBack` gives dᵀJ for a gradient d of the map's output, [N, D], and is called D times: row
  /// i of J is what becomes of a gradient of 1 at output i.
  public func solvedTransposed(_ passBack: (Tensor) -> Tensor) -> Tensor {
    let (n, d, right) = (rows, channels, elements)
    let jacobian = (0..<d).map { i in
      passBack(Tensor((0..<n * d).map { $0 % d == i ? 1 : 0 }, shape: [n, d])).elements
    }
    var y: [Float] = []
    y.reserveCapacity(n * d)
    for first in stride(from: 0, to: n * d, by: d) {
      let transposed = SquareMatrix(size: d) { Double(jacobian[$1][first + $0]) }
      y += transposed.solve(right[first..<first + d].map(Double.init)).map(Float.init)
    }
    return Tensor(y, shape: [n, d])
  }
}
