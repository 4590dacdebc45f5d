import Foundation
import Testing

@testable import Tensors

/// A WaveNet layer against its definition, where blocks of rows meet and dilations pass over them.
@Suite struct GatedLayerTests {
  var width = 3

  func random(_ shape: [Int], _ index: Int, _ size: Float = 1) -> Tensor {
    let noise = RandomStream(seed: 5, .samples, index).normal(shape)
    return Tensor(noise.elements.map { size * $0 }, shape: shape)
  }

  func layer(dilation: Int, isLast: Bool, _ precision: Precision = .float32) -> GatedLayer {
    let outputs = isLast ? width : 2 * width
    let deviation = 0.5 * (3 / Float(width)).squareRoot()
    let precision = SharedPrecision(precision)
    return GatedLayer(
      dilated: Convolution(
        weight: Parameter(random([2 * width, width, 1, 3], 1, deviation)),
        bias: Parameter(random([2 * width], 2, 0.5)), logScale: false, dilation: dilation,
        precision: precision),
      output: Convolution(
        weight: Parameter(random([outputs, width, 1, 1], 3, deviation)),
        bias: Parameter(random([outputs], 4, 0.5)), logScale: false,
        precision: precision))
  }

  /// The definition, in Double: [h, skip] side by side, skip alone in the last layer.
  func expected(_ layer: GatedLayer, _ h: Tensor, _ skip: Tensor, isLast: Bool) -> [Double] {
    let (n, t, f) = (h.shape[0], h.shape[2], width)
    func doubles(_ tensor: Tensor) -> [Double] { tensor.elements.map(Double.init) }
    let (x, s) = (doubles(h), doubles(skip))
    let (w, b) = (doubles(layer.dilated.weight.value), doubles(layer.dilated.bias.value))
    let (v, c) = (doubles(layer.output.weight.value), doubles(layer.output.bias.value))
    var out: [Double] = []
    for example in 0..<n {
      for time in 0..<t {
        let a = (0..<2 * f).map { o in
          (0..<3).reduce(b[o]) { sum, tap in
            let from = time + (tap - 1) * layer.dilated.dilation
            guard (0..<t).contains(from) else { return sum }
            return (0..<f).reduce(sum) {
              $0 + w[(o * f + $1) * 3 + tap] * x[(example * t + from) * f + $1]
            }
          }
        }
        let g = (0..<f).map { tanh(a[$0]) / (1 + exp(-a[f + $0])) }
        let r = c.indices.map { o in (0..<f).reduce(c[o]) { $0 + v[o * f + $1] * g[$1] } }
        let row = (example * t + time) * f
        if !isLast { out += (0..<f).map { x[row + $0] + r[$0] } }
        out += (0..<f).map { s[row + $0] + r[(isLast ? 0 : f) + $0] }
      }
    }
    return out
  }

  @Test(arguments: [1, 100, 128, 200, 400], [false, true])
  func forwardAndBackward(_ dilation: Int, _ isLast: Bool) {
    let layer = layer(dilation: dilation, isLast: isLast)
    let shape = [2, 1, 300, width]
    let (h, skip) = (random(shape, 6), random(shape, 7))
    let before = expected(layer, h, skip, isLast: isLast)
    let (next, sum, saved) = layer.forward(h, adding: Tensor.concatenated([skip]))
    let all = next.map { Tensor.concatenated([$0, sum]) } ?? sum
    let error = zip(all.elements, before).map { abs(Double($0) - $1) }.max() ?? 1
    #expect(error < 1e-5)

    // the loss Σ weight · output, along a random direction of h and of every parameter
    let weights = random(all.shape, 8)
    let (dNext, dSkip) =
      isLast
      ? (nil, weights)
      : (Tensor.concatenated([weights.channels(0..<width)]), weights.channels(width..<2 * width))
    let dh = layer.backward(consuming: saved, dNext, Tensor.concatenated([dSkip])).dh
    let parameters = [
      layer.dilated.weight, layer.dilated.bias, layer.output.weight, layer.output.bias,
    ]
    for (i, parameter) in ([nil] + parameters.map { Optional($0) }).enumerated() {
      let at = parameter?.value ?? h
      let gradient = (parameter?.gradient ?? dh).elements
      let direction = random(at.shape, 20 + i, 1e-3).elements
      let start = at.elements
      func loss(_ sign: Float) -> Double {
        let moved = zip(start, direction).map { $0 + sign * $1 }
        parameter?.set(moved)
        defer { parameter?.set(start) }
        let x = parameter == nil ? Tensor(moved, shape: at.shape) : h
        let out = expected(layer, x, skip, isLast: isLast)
        return zip(out, weights.elements).reduce(0) { $0 + $1.0 * Double($1.1) }
      }
      let slope = zip(gradient, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      let measured = (loss(1) - loss(-1)) / 2
      #expect(abs(slope - measured) < 1e-4 * max(abs(measured), 0.01), "input \(i)")
    }
  }

  /// In bfloat16, where its larger blocks meet and taps pass over all of a sound, it is the layer in
  /// float32 to that format's rounding: of few channels, and of so many that rows are set apart.
  @Test(arguments: [1, 100, 256, 700], [false, true])
  func inBFloat16(_ dilation: Int, _ isLast: Bool) {
    for width in [3, 128] {
      GatedLayerTests(width: width).compareFormats(dilation, isLast)
    }
  }

  private func compareFormats(_ dilation: Int, _ isLast: Bool) {
    let shape = [2, 1, 600, width]
    let (h, skip, weights) = (random(shape, 6), random(shape, 7), random(shape, 8))
    func run(_ precision: Precision) -> [[Float]] {
      let layer = layer(dilation: dilation, isLast: isLast, precision)
      let (next, sum, saved) = layer.forward(h, adding: Tensor.concatenated([skip]))
      let dNext = isLast ? nil : Tensor.concatenated([random(shape, 9)])
      let dh = layer.backward(consuming: saved, dNext, weights).dh
      let parameters = [
        layer.dilated.weight, layer.dilated.bias, layer.output.weight, layer.output.bias,
      ]
      return [next?.elements ?? [], sum.elements, dh.elements]
        + parameters.map(\.gradient.elements)
    }
    for (i, (wide, narrow)) in zip(run(.float32), run(.bfloat16)).enumerated() {
      let size = wide.map(abs).max() ?? 1
      let error = zip(wide, narrow).map { abs($0 - $1) }.max() ?? 0
      let place = "output \(i) of \(width) channels"
      #expect(wide.count == narrow.count && error < 0.02 * size, "\(place): \(error) of \(size)")
      #expect(isLast && i == 0 || error > 0, "\(place) is not in bfloat16")
    }
  }
}
