import Foundation
import Testing

@testable import Tensors

/// Products and layers in bfloat16, against float32's at operands that both can hold.
@Suite struct PrecisionTests {
  func random(_ shape: [Int], _ index: Int, _ size: Float = 1) -> Tensor {
    let noise = RandomStream(seed: 6, .samples, index).normal(shape)
    return Tensor(noise.elements.map { size * $0 }, shape: shape)
  }

  /// As bfloat16 can hold it, in float32.
  func rounded(_ x: Tensor) -> Tensor { x.converted(to: .bfloat16).converted(to: .float32) }

  /// ‖a − b‖ / ‖b‖.
  func difference(_ a: Tensor, _ b: Tensor) -> Float {
    guard a.count == b.count else { return .infinity }
    let (error, size) = zip(a.elements, b.elements).reduce((Float(0), Float(0))) {
      ($0.0 + ($1.0 - $1.1) * ($1.0 - $1.1), $0.1 + $1.1 * $1.1)
    }
    return (error / size).squareRoot()
  }

  @Test func roundsToNearestTiesToEven() {
    let unit: Float = 0x1p-7  // between 1 and 2
    let cases: [(Float, Float)] = [
      (1, 1), (1 + unit * 0.49, 1), (1 + unit * 0.51, 1 + unit), (1 + unit / 2, 1),
      (1 + unit * 1.5, 1 + 2 * unit), (-1 - unit * 1.5, -1 - 2 * unit), (-0.0, -0.0),
      (.infinity, .infinity), (.greatestFiniteMagnitude, .infinity), (0x1p-130, 0x1p-130),
    ]
    let out = rounded(Tensor(cases.map { $0.0 }, shape: [cases.count])).elements
    #expect(out.map(\.bitPattern) == cases.map { $0.1.bitPattern })
    let quiet = Float(bitPattern: 0x7f80_0001)  // rounding its bits would make infinity of it
    let still = rounded(Tensor([.nan, quiet], shape: [2])).elements.map(\.isNaN)
    #expect(still == [true, true])
  }

  /// Transposed or not, from and into either format, with what follows; by whatever multiplies
  /// here, and by oneDNN's own product, which of bfloat16 only some processors have.
  @Test(arguments: [(false, false), (false, true), (true, false)], Precision.allCases)
  func products(_ transposing: (a: Bool, b: Bool), _ format: Precision) {
    let (m, k, n) = (130, 256, 70)
    let wideA = rounded(random(transposing.a ? [k, m] : [m, k], 1))  // its rows stand apart
    let wideB = rounded(random(transposing.b ? [n, k] : [k, n], 2))
    let (a, b) = (wideA.converted(to: format), wideB.converted(to: format))
    let bias = random([n], 3, 10)
    for (bias, relu) in [(nil, false), (bias, false), (bias, true)] {
      let expected = Tensor.product(
        wideA, transposingA: transposing.a, wideB, transposingB: transposing.b, bias: bias,
        relu: relu)
      for result in Set([.float32, format]) {
        let most: Float = result == .float32 ? 1e-5 : 0x1p-8
        let c = Tensor.product(
          a, transposingA: transposing.a, b, transposingB: transposing.b, bias: bias,
          relu: relu, spread: true, as: result)
        #expect(c.precision == result && difference(c, expected) < most, "\(result)")

        let own = Tensor(spread: expected.shape, as: result)
        let done = own.multiply(a, transposing.a, b, transposing.b, bias, relu)
        #expect(done || format == .bfloat16 && Precision.fastest == .float32)
        if done { #expect(difference(own, expected) < most, "oneDNN's own, \(result)") }
      }
    }
  }

  /// One after the other, more kinds of product than are kept, twice.
  @Test func manyKindsOfProducts() {
    for m in Array(1...300) + Array(1...300) {
      let (a, b) = (random([m, 8], 1), random([8, 5], 2))
      let c = Tensor(uninitialized: [m, 5])
      #expect(c.multiply(a, false, b, false, nil, false))
      #expect(difference(c, .product(a, b)) < 1e-6, "\(m) rows")
    }
  }

  @Test(arguments: ConvolutionTests.kinds) func convolution(_ k: ConvolutionTests.Kind) {
    func make(_ precision: Precision) -> Convolution {
      let weight = rounded(random([k.outputs, k.inputs, k.height, k.width], 4))
      let c = Convolution(
        weight: Parameter(weight), logScale: true, factor: 3, dilation: k.dilation,
        relu: k.relu, precision: SharedPrecision(precision))
      c.bias.set(random([k.outputs], 5).elements)
      return c
    }
    let (wide, narrow) = (make(.float32), make(.bfloat16))
    let x = rounded(random([2, 4, 9, k.inputs], 6))
    let (y, yNarrow) = (wide.forward(x), narrow.forward(x))
    #expect(yNarrow.precision == (k.relu ? .bfloat16 : .float32))
    let most: Float = k.relu ? 0x1p-8 : 1e-5
    #expect(difference(yNarrow, y) < most)
    let dy = rounded(random(y.shape, 7))
    let dx = wide.backward(x, y, consuming: .concatenated([dy]))
    let dxNarrow = narrow.backward(x, yNarrow, consuming: .concatenated([dy]))
    #expect(difference(dxNarrow, dx) < 1e-5)
    for (a, b) in [
      (narrow.weight, wide.weight), (narrow.bias, wide.bias),
      (narrow.logScale ?? narrow.bias, wide.logScale ?? wide.bias),
    ] {
      #expect(difference(a.gradient, b.gradient) < 1e-5)
    }
  }

  /// The rounded weights that a convolution keeps follow every way to change a parameter.
  @Test func roundedWeightsAreMadeAnew() {
    let c = Convolution(
      weight: Parameter(random([3, 3, 1, 1], 4)), logScale: true,
      precision: SharedPrecision(.bfloat16))
    let x = random([1, 2, 2, 3], 5)
    func fresh() -> Tensor {
      let other = Convolution(
        weight: Parameter(c.weight.value), logScale: true, precision: SharedPrecision(.bfloat16))
      other.logScale?.set(c.logScale?.value.elements ?? [])
      return other.forward(x)
    }
    func zeros() -> Tensor { Tensor(repeating: 0, shape: c.weight.value.shape) }
    var seen = [c.forward(x).elements]
    func check(_ change: String) {
      let y = c.forward(x).elements
      #expect(y == fresh().elements && !seen.contains(y), "\(change)")
      seen.append(y)
    }
    c.weight.set(random([3, 3, 1, 1], 8).elements)
    check("set")
    c.logScale?.set([0.5, 0, -0.5])
    check("scale")
    c.weight.accumulate(random([3, 3, 1, 1], 9).elements)
    AdamStep(
      adamax: false, iteration: 1, rate: 0.1, weightDecay: 0, gradientScale: 1, averageDecay: 0
    ).update(c.weight, first: zeros(), second: zeros(), average: zeros())
    check("step")
    c.weight.clear()
    check("clear")
  }

  @Test(arguments: [1, 4], [false, true]) func gatedLayer(_ dilation: Int, _ isLast: Bool) {
    let (tests, shape) = (GatedLayerTests(), [2, 1, 300, GatedLayerTests().width])
    let (h, skip) = (rounded(random(shape, 6)), random(shape, 7))
    let dNext = isLast ? nil : random(shape, 8)
    func run(_ precision: Precision) -> [Tensor] {
      let layer = tests.layer(dilation: dilation, isLast: isLast, precision)
      let (next, sum, saved) = layer.forward(h, adding: .concatenated([skip]))
      let outputs = [next, sum].compactMap { $0.map { Tensor.concatenated([$0]) } }
      let dh = layer.backward(
        consuming: saved, dNext.map { .concatenated([$0]) }, random(shape, 9)
      ).dh
      let parameters = [layer.dilated, layer.output].flatMap { [$0.weight, $0.bias] }
      return outputs + [dh] + parameters.map(\.gradient)
    }
    for (i, (narrow, wide)) in zip(run(.bfloat16), run(.float32)).enumerated() {
      #expect(difference(narrow, wide) < 0.02, "output \(i)")
    }
  }

  /// Weights folded into bfloat16 are those folded and then rounded, bit for bit.
  @Test(arguments: [(6, 4, 1), (6, 40, 3), (5, 7, 9), (40, 3, 9)])
  func foldedWeights(_ outputs: Int, _ inputs: Int, _ taps: Int) {
    let kernel = taps == 9 ? [3, 3] : [1, taps]
    let c = Convolution(
      weight: Parameter(random([outputs, inputs] + kernel, 8)), logScale: true)
    c.logScale?.set((0..<outputs).map { 0.1 * Float($0) })
    let scale = c.scale()
    let narrow = c.foldedWeight(scale, as: .bfloat16)
    let wide = c.foldedWeight(scale)
    #expect(narrow.elements == wide.converted(to: .bfloat16).elements)
    let transposed = c.foldedWeightTransposed(scale).elements
    let (rows, columns) = (wide.shape[0], wide.shape[1])
    let (from, weight) = (wide.elements, c.weight.value.elements)
    for i in from.indices {
      let (row, column) = (i / columns, i % columns)
      #expect(transposed[column * rows + row] == from[i])
      let (o, tap, input) =
        c.patchesOutput
        ? (row % outputs, row / outputs, column) : (row, column / inputs, column % inputs)
      let expected = weight[(o * inputs + input) * taps + tap] * scale.elements[o]
      #expect(from[i] == expected, "output \(o), input \(input), tap \(tap)")
    }
  }
}
