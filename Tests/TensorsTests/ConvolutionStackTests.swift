import Testing

@testable import Tensors

/// The stack, which goes in blocks, against its convolutions one after the other.
@Suite(.serialized) struct ConvolutionStackTests {
  /// Of x, how wide the stack is, and the threads: blocks of several lines, the last one shorter;
  /// lines longer than a block; one line; rows that are spread.
  static let cases: [(shape: [Int], width: Int, threads: Int)] = [
    ([2, 23, 17, 4], 6, 1), ([2, 23, 17, 4], 6, 2), ([3, 40, 16, 4], 6, 5),
    ([1, 3, 300, 4], 6, 2), ([1, 1, 200, 4], 6, 3), ([5, 16, 16, 6], 128, 2),
  ]

  func random(_ shape: [Int], _ index: Int, _ size: Float = 1) -> Tensor {
    let noise = RandomStream(seed: 8, .samples, index).normal(shape)
    return Tensor(noise.elements.map { size * $0 }, shape: shape)
  }

  func stack(_ inputs: Int, _ width: Int, _ outputs: Int) -> ConvolutionStack {
    let precision = SharedPrecision()
    func make(_ shape: [Int], _ index: Int, relu: Bool, patchesOutput: Bool) -> Convolution {
      let size = 1 / Float(shape[1] * shape[2] * shape[3]).squareRoot()
      let c = Convolution(
        weight: Parameter(random(shape, index, size)), logScale: true, factor: 3,
        relu: relu, patchesOutput: patchesOutput, precision: precision)
      c.bias.set(random([shape[0]], index + 1, 0.3).elements)
      c.logScale?.set(random([shape[0]], index + 2, 0.1).elements)
      return c
    }
    return ConvolutionStack(
      first: make([width, inputs, 3, 3], 10, relu: true, patchesOutput: false),
      middle: make([width, width, 1, 1], 20, relu: true, patchesOutput: false),
      last: make([outputs, width, 3, 3], 30, relu: false, patchesOutput: true))
  }

  @Test(arguments: cases.indices) func isItsConvolutions(_ i: Int) {
    let (shape, width, threads) = Self.cases[i]
    let before = ThreadPool.threads
    defer { ThreadPool.threads = before }
    ThreadPool.threads = threads
    #expect(shape.dropLast().reduce(1, *) >= 64 * threads, "too few rows for blocks")

    let x = random(shape, 1).channels(0..<shape[3] / 2)  // a view
    let (a, b) = (stack(x.channels, width, 5), stack(x.channels, width, 5))
    let (y, h1, h2) = a.forward(x)
    let g1 = b.first.forward(x)
    let g2 = b.middle.forward(g1)
    let expected = b.last.forward(g2)
    #expect(Tensor.largestDifference(y, expected) < 1e-4)
    let dy = random(y.shape, 2)
    let dx = a.backward(x, h1, h2, consuming: .concatenated([dy]))
    let d2 = b.last.backward(g2, expected, consuming: .concatenated([dy]))
    let d1 = b.middle.backward(g1, g2, consuming: d2)
    #expect(Tensor.largestDifference(dx, b.first.backward(x, g1, consuming: d1)) < 1e-4)
    for (a, b) in zip([a.first, a.middle, a.last], [b.first, b.middle, b.last]) {
      for (p, q) in [(a.weight, b.weight), (a.bias, b.bias), (a.logScale, b.logScale)] {
        guard let p, let q else { continue }
        let size = q.gradient.sumOfSquares.squareRoot()
        let error = Tensor.largestDifference(p.gradient, q.gradient)
        #expect(Double(error) < 1e-4 * size, "a gradient of shape \(q.value.shape)")
      }
    }
  }
}
