import Tensors
import Testing

@testable import Flows

/// What the gradients of a flow that is turned round are found by.
@Suite struct TriangularSolveTests {
  /// z = J x in each row, J lower triangular, [N, D, D]; it counts the passes back.
  private final class Product: TapedFlow {
    let (n, d, jacobian): (Int, Int, [Float])
    var passes = 0

    init(rows n: Int, columns d: Int, dependence: Float) {
      (self.n, self.d) = (n, d)
      let noise = RandomStream(seed: 1, .noise).normal([n * d * d]).elements
      jacobian = noise.indices.map { i in
        let (row, column) = (i / d % d, i % d)
        return row < column ? 0 : row == column ? 1 : dependence * noise[i]
      }
    }

    /// Jᵀv
    func transposed(_ v: Tensor) -> Tensor {
      let e = v.elements
      return Tensor(
        (0..<n * d).map { i in
          let (row, column) = (i / d, i % d)
          return (column..<d).reduce(Float(0)) {
            $0 + jacobian[(row * d + $1) * d + column] * e[row * d + $1]
          }
        }, shape: [n, d])
    }

    func forward(_ x: Variable) -> (z: Variable, logDet: Variable) {
      let z = Variable(x.value, of: [x]) { [self] d, _ in
        passes += 1
        return [transposed(d)]
      }
      return (z, Variable(0))
    }

    func inverse(_ z: Tensor) -> Tensor { z }
  }

  /// D passes and two are enough, however much columns depend on each other.
  @Test(arguments: [0.1, 1.2, 1.5] as [Float]) func passesAreFew(_ dependence: Float) {
    let (n, d) = (16, 24)
    let flow = Product(rows: n, columns: d, dependence: dependence)
    let target = RandomStream(seed: 2, .noise).normal([n, d])
    let (_, _, saved) = flow.forward(Tensor(repeating: 0, shape: [n, d]))
    let v = flow.solveTriangular(
      saved, target, diagonal: Tensor(repeating: 1, shape: [n, d]))
    #expect(flow.passes <= d + 2)
    // what is left of the target, beside the terms that it is a sum of
    let (off, size, goal) = (flow.transposed(v).elements, v.elements, target.elements)
    for row in 0..<n {
      let own = row * d..<(row + 1) * d
      let most = own.map { max(abs(size[$0]), abs(goal[$0])) }.max() ?? 0
      #expect(own.allSatisfy { abs(off[$0] - goal[$0]) <= 2e-5 * most })
    }
  }
}
