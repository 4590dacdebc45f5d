import Foundation
import Tensors
import Testing

@Suite struct ConvolutionTests {
  struct Kind: CustomTestStringConvertible, Sendable {
    var inputs, outputs, height, width, dilation: Int
    var relu = false
    var testDescription: String {
      "\(inputs) to \(outputs), \(height)×\(width), dilation \(dilation), relu \(relu)"
    }
  }

  static let kinds = [
    Kind(inputs: 3, outputs: 5, height: 3, width: 3, dilation: 1),
    Kind(inputs: 7, outputs: 2, height: 3, width: 3, dilation: 1, relu: true),
    Kind(inputs: 4, outputs: 6, height: 1, width: 3, dilation: 2),
    Kind(inputs: 6, outputs: 4, height: 1, width: 3, dilation: 4),
    // beyond the line
    Kind(inputs: 3, outputs: 5, height: 1, width: 3, dilation: 12),
    Kind(inputs: 5, outputs: 3, height: 1, width: 3, dilation: 12),
    Kind(inputs: 5, outputs: 3, height: 1, width: 1, dilation: 1),
    Kind(inputs: 128, outputs: 256, height: 1, width: 1, dilation: 1, relu: true),
    Kind(inputs: 2, outputs: 128, height: 5, width: 3, dilation: 1),
    Kind(inputs: 128, outputs: 4, height: 3, width: 3, dilation: 1),
    Kind(inputs: 128, outputs: 128, height: 1, width: 1, dilation: 1),
  ]

  static func convolution(_ k: Kind) -> Convolution {
    func random(_ shape: [Int], _ index: Int) -> Tensor {
      RandomStream(seed: 1, .parameters, index).normal(shape)
    }
    let c = Convolution(
      weight: Parameter(random([k.outputs, k.inputs, k.height, k.width], 0)), logScale: true,
      factor: 3, dilation: k.dilation, relu: k.relu)
    c.bias.set(random([k.outputs], 1).elements)
    c.logScale?.set(random([k.outputs], 2).elements.map { 0.1 * $0 })
    return c
  }

  let shape = [2, 4, 9]

  /// Against the definition, written as a loop in Double.
  @Test(arguments: kinds) func forwardIsTheDefinition(_ k: Kind) {
    let c = Self.convolution(k)
    let x = RandomStream(seed: 2, .samples).normal(shape + [k.inputs])
    let (e, w) = (x.elements, c.weight.value.elements)
    var expected: [Double] = []
    for n in 0..<2 {
      for y in 0..<4 {
        for px in 0..<9 {
          for o in 0..<k.outputs {
            var sum = Double(c.bias.value.elements[o])
            for ky in 0..<k.height {
              for kx in 0..<k.width {
                let (sy, sx) = (
                  y + (ky - k.height / 2) * k.dilation, px + (kx - k.width / 2) * k.dilation
                )
                guard (0..<4).contains(sy), (0..<9).contains(sx) else { continue }
                for i in 0..<k.inputs {
                  sum +=
                    Double(e[((n * 4 + sy) * 9 + sx) * k.inputs + i])
                    * Double(w[((o * k.inputs + i) * k.height + ky) * k.width + kx])
                }
              }
            }
            sum *= exp(3 * Double(c.logScale?.value.elements[o] ?? 0))
            expected.append(k.relu ? max(0, sum) : sum)
          }
        }
      }
    }
    #expect(zip(c.forward(x).elements, expected).allSatisfy { abs(Double($0) - $1) < 1e-3 })
  }

  /// What is linear in x and in the weight has its gradient tested by one product: ⟨dx, x⟩ and
  /// ⟨dW, W⟩ both are ⟨dy, y − y(0)⟩.
  @Test(arguments: kinds.filter { !$0.relu }) func backwardIsTheAdjoint(_ k: Kind) {
    let c = Self.convolution(k)
    let x = RandomStream(seed: 2, .samples).normal(shape + [k.inputs])
    let y = c.forward(x)
    let dy = RandomStream(seed: 3, .samples).normal(y.shape)
    let constant = c.forward(Tensor(repeating: 0, shape: x.shape))
    func dot(_ a: Tensor, _ b: Tensor) -> Double {
      zip(a.elements, b.elements).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let linear = dot(dy, y) - dot(dy, constant)
    let whole = dot(dy, y)
    let dx = c.backward(x, y, consuming: dy)
    #expect(abs(dot(dx, x) - linear) < 1e-4 * (abs(linear) + 10))
    #expect(abs(dot(c.weight.gradient, c.weight.value) - linear) < 1e-4 * (abs(linear) + 10))
    // the log scale multiplies all of y, three times over
    let logScale = c.logScale?.gradient.elements.reduce(0, +) ?? .nan
    #expect(abs(Double(logScale) - 3 * whole) < 1e-3 * (abs(whole) + 10))
  }

  @Test func normalizeGivesMeanZeroAndDeviationOne() {
    let c = Self.convolution(Kind(inputs: 3, outputs: 5, height: 3, width: 3, dilation: 1))
    let x = RandomStream(seed: 2, .samples).normal([8, 4, 9, 3])
    c.normalize(over: [x.examples(0..<3), x.examples(3..<8)])
    let (mean, deviation) = c.forward(x).columnMoments()
    #expect(mean.allSatisfy { abs($0) < 1e-4 } && deviation.allSatisfy { abs($0 - 1) < 1e-3 })
  }
}
