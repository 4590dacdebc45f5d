import Foundation
import Tensors
import Testing

@Suite(.serialized) struct TensorTests {
  @Test func slicesAreViewsOfTheSameElements() {
    let x = Tensor((0..<24).map(Float.init), shape: [2, 1, 3, 4])
    #expect(x.channels(1..<3).elements == [1, 2, 5, 6, 9, 10, 13, 14, 17, 18, 21, 22])
    #expect(x.examples(1..<2).elements == (12..<24).map(Float.init))
    #expect(Tensor.concatenated([x.channels(0..<1), x.channels(1..<4)]).elements == x.elements)
    #expect(x.squeezed(by: (1, 3)).unsqueezed(by: (1, 3)).elements == x.elements)
  }

  @Test func squeezeOrdersChannelsAsSpecified() {
    let x = Tensor((0..<16).map(Float.init), shape: [1, 4, 2, 2])
    // channel = c·4 + dy·2 + dx
    #expect(
      x.squeezed(by: (2, 2)).elements == [0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15])
  }

  @Test(arguments: [(130, 128, 64), (3, 256, 128)]) func products(_ m: Int, _ k: Int, _ n: Int) {
    let a = RandomStream(seed: 1, .samples).normal([m, k])
    let b = RandomStream(seed: 2, .samples).normal([k, n])
    let (ae, be) = (a.elements, b.elements)
    var expected = [Double](repeating: 0, count: m * n)
    for i in 0..<m {
      for j in 0..<n {
        for l in 0..<k { expected[i * n + j] += Double(ae[i * k + l]) * Double(be[l * n + j]) }
      }
    }
    func transposed(_ t: Tensor) -> Tensor {
      let (e, r, c) = (t.elements, t.shape[0], t.shape[1])
      return Tensor((0..<r * c).map { e[$0 % r * c + $0 / r] }, shape: [c, r])
    }
    for spread in [false, true] {
      for (c, name) in [
        (Tensor.product(a, b, spread: spread), "NN"),
        (.product(transposed(a), transposingA: true, b, spread: spread), "TN"),
        (.product(a, transposed(b), transposingB: true, spread: spread), "NT"),
      ] {
        let isClose = zip(c.elements, expected).allSatisfy { abs(Double($0) - $1) < 1e-4 }
        #expect(isClose, "\(name), spread \(spread)")
      }
    }
  }

  @Test(arguments: 1...8) func dequantizationKeepsTheBin(_ bits: Int) {
    let pixels = (0...255).map { Int16($0) }
    let grid = SampleGrid.image(bits: bits)
    for noise: Float in [0, 0.5, 1 - 0x1p-24] {
      let x = Tensor.dequantized(pixels, noise: Tensor(repeating: noise, shape: [256]), on: grid)
      let bins = x.elements.map { Int((($0 + 0.5) * Float(1 << bits)).rounded(.down)) }
      #expect(x.elements.allSatisfy { $0 >= -0.5 && $0 <= 0.5 })
      if noise < 0.9 {
        #expect(bins == pixels.map { Int($0) >> (8 - bits) }, "noise \(noise)")
        let back = x.quantized(on: grid).samples.map { Int($0) >> (8 - bits) }
        #expect(back == bins, "noise \(noise)")
      }
    }
    let (samples, clamped) = Tensor([-3, 3, 0], shape: [3]).quantized(on: grid)
    #expect(Array(samples[..<2]) == [0, 255] && clamped == 2)
  }

  @Test func everySampleOfSoundKeepsItsBin() {
    let all = (Int16.min...Int16.max).map { $0 }
    for noise: Float in [0, 0.5, 0.99] {
      let x = Tensor.dequantized(
        all, noise: Tensor(repeating: noise, shape: [65536]), on: .sound)
      #expect(x.elements[0] == (-32768 + noise) / 32768 && x.elements[32768] == noise / 32768)
      let back = x.quantized(on: .sound)
      #expect(back.samples == all && back.clamped == 0, "noise \(noise)")
    }
    let (samples, clamped) = Tensor([-1.5, 1, 0.5], shape: [3]).quantized(on: .sound)
    #expect(samples == [-32768, 32767, 16384] && clamped == 2)
  }

  /// The same bits whatever the number of threads, but for oneDNN's products.
  @Test func resultsDoNotDependOnThreads() {
    let before = ThreadPool.threads
    defer { ThreadPool.threads = before }
    let x = RandomStream(seed: 1, .samples).normal([8, 64, 64, 12])
    let h = RandomStream(seed: 2, .samples).normal(x.shape)
    func run(_ threads: Int) -> ([Float], [Double], [Double], Double, [Float]) {
      ThreadPool.threads = threads
      let (z, logDet) = x.coupled(by: h)
      let noise = RandomStream(seed: 3, .noise).normal([50_000]).elements
      return (z.elements, logDet, x.columnMoments().deviation, x.sumOfSquares, noise)
    }
    let (one, three) = (run(1), run(3))
    #expect(one == three)
  }

  /// z and the log-det in Double, of a view, however far the logits are from 0.
  @Test(arguments: [1, 3, 8]) func affineCoupling(_ half: Int) {
    let (rows, columns) = (7, 2 * half)
    let wide = RandomStream(seed: 1, .samples).normal([1, 1, rows, columns + 3])
    let x = wide.channels(2..<2 + columns)
    var numbers = RandomStream(seed: 2, .samples).normal([rows * columns]).elements
    for i in 0..<rows * half { numbers[2 * i + 1] *= [0.5, 30, 100][i % 3] }
    let h = Tensor(numbers, shape: x.shape)
    let (z, logDet) = x.coupled(by: h)
    let (from, to) = (x.elements, z.elements)
    var sum = 0.0
    for i in from.indices {
      let (row, channel) = (i / columns, i % columns - half)
      if channel < 0 {
        #expect(to[i] == from[i], "element \(i)")
        continue
      }
      let p = 2 * (row * half + channel)
      let (shift, logit) = (Double(numbers[p]), Double(numbers[p + 1]) + 2)
      let expected = (Double(from[i]) + shift) / (1 + exp(-logit))
      #expect(abs(Double(to[i]) - expected) <= 1e-5 * abs(expected) + 1e-37, "element \(i)")
      sum += min(logit, 0) - log1p(exp(-abs(logit)))
    }
    #expect(abs(logDet[0] - sum) < 1e-6 * abs(sum))
    let positions = x.coupledByPosition(by: h).logDet
    #expect(abs(positions.reduce(0, +) - sum) < 1e-6 * abs(sum))
  }

  @Test func anAffineCouplingOfNaNIsNaN() {
    let x = Tensor([1, 1], shape: [1, 1, 1, 2])
    let (z, logDet) = x.coupled(by: Tensor([0, .nan], shape: x.shape))
    #expect(z.elements[1].isNaN && logDet[0].isNaN)
  }

  @Test func aNaNAnywhereIsNotFinite() {
    var elements = [Float](repeating: 1, count: 1000)
    #expect(Tensor(elements, shape: [1000]).isFinite)
    elements[777] = .nan
    #expect(!Tensor(elements, shape: [1000]).isFinite)
  }
}
