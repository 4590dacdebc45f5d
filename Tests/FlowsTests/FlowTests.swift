import Flows
import Foundation
import Models
import Tensors
import Testing

/// One body over every flow, at random parameters: a new flow costs one line in this list.
@Suite struct FlowTests {
  static var flows: [(name: String, flow: any Flow, shape: [Int])] {
    let chain = Chain([
      (".a", ActNorm(channels: 4)),
      (".b", InvertibleConvolution(channels: 4, random: RandomStream(seed: 2, .parameters))),
      (".c", AffineCoupling(net: net(outputs: 4))),
    ])
    let (image, sound) = ([2, 2, 2, 4], [2, 1, 7, 4])
    let flows: [(String, any Flow, [Int])] =
      [
        ("squeeze", Squeeze((2, 2)), image),
        ("squeeze of a row", Squeeze((1, 2)), image),
        ("actnorm", ActNorm(channels: 4), image),
        (
          "mix", InvertibleConvolution(channels: 4, random: RandomStream(seed: 1, .parameters)),
          image
        ),
        ("affine coupling", AffineCoupling(net: net(outputs: 4)), image),
        ("additive coupling", AdditiveCoupling(net: net(outputs: 2)), image),
        ("mixture coupling", MixtureCoupling(components: 3, net: net(outputs: 22)), image),
        ("wide coupling, its rows spread", AffineCoupling(net: net(outputs: 4, width: 128)), image),
        ("affine coupling of sound", AffineCoupling(net: audioNet(outputs: 4)), sound),
        ("additive coupling of sound", AdditiveCoupling(net: audioNet(outputs: 2)), sound),
        ("affine coupling of sound, told something", AffineCoupling(net: toldNet), sound),
        (
          "mixture coupling, told something", MixtureCoupling(components: 3, net: toldImageNet),
          image
        ),
        (
          "mixture coupling of sound", MixtureCoupling(components: 4, net: audioNet(outputs: 28)),
          sound
        ),
        ("chain", chain, image),
      ] + classicFlows
    for (_, flow, _) in flows { randomize(flow) }
    return flows
  }

  /// A net told three numbers at two places an example of seven frames.
  static var toldNet: AudioNet {
    let table = RandomStream(seed: 9, .samples).normal([2, 1, 2, 3])
    let places = RowsBetween.Places(
      (0..<14).map { ($0 / 7 * 2, Float($0 % 7) / 7) }, count: 4)
    return audioNet(outputs: 4, condition: 3).given(RowsBetween(table, places))
  }

  /// A net told three numbers in each half of an example of two by two.
  static var toldImageNet: ImageNet {
    let table = RandomStream(seed: 9, .samples).normal([2, 1, 2, 3])
    let places = RowsBetween.Places([0, 1, 0, 1, 2, 3, 2, 3].map { ($0, 0) }, count: 4)
    return net(outputs: 22, condition: 3).given(RowsBetween(table, places))
  }

  /// Those of rows [N, D].
  static var classicFlows: [(String, any Flow, [Int])] {
    let random = RandomStream(seed: 8, .parameters)
    let (rows, wide) = ([2, 4], [2, 20])
    func autoregressive(_ transformer: Transformer, context: Int = 0) -> Autoregressive {
      Autoregressive(
        columns: 4 - context, context: context, transformer: transformer, hidden: [9, 8],
        activation: .tanh, random: random)
    }
    func coupling(_ transformer: Transformer, context: Int = 0) -> Coupling {
      Coupling(
        columns: 4 - context, context: context, transformer: transformer, hidden: [9, 8],
        activation: .tanh, random: random)
    }
    func sylvester(_ basis: String, directions: Int = 3) -> Sylvester {
      Sylvester(
        columns: 4, basis: basis, directions: directions, isFlipped: true, random: random)
    }
    let spline = Transformer.spline(bins: 5, bound: 2)
    let pointwise = Chain([(".a", Pointwise.sigmoid), (".b", Pointwise.logit)])
    return [
      ("planar", Planar(columns: 4, random: random), rows),
      ("radial", Radial(columns: 4, random: random), rows),
      ("orthogonal sylvester", sylvester("orthogonal"), rows),
      ("householder sylvester", sylvester("householder"), rows),
      ("triangular sylvester", sylvester("triangular"), rows),
      ("maf", autoregressive(.affine), rows),
      ("maf with context", autoregressive(.affine, context: 2), rows),
      ("autoregressive spline", autoregressive(spline), rows),
      ("autoregressive mixture", autoregressive(.logisticMixture(components: 3)), rows),
      ("nice", coupling(.additive), rows),
      ("realnvp", coupling(.affine), rows),
      ("realnvp with context", coupling(.affine, context: 1), rows),
      ("coupling spline", coupling(spline), rows),
      ("coupling mixture", coupling(.logisticMixture(components: 3)), rows),
      ("elementwise affine", Elementwise(columns: 4, transformer: .affine), rows),
      (
        "gaussian mixture",
        Elementwise(columns: 4, transformer: .gaussianMixture(components: 3)), rows
      ),
      ("iaf", Inverted(autoregressive(.affine)), rows),
      ("iaf with context", Inverted(autoregressive(.affine, context: 2)), rows),
      ("planar, turned round", Inverted(Planar(columns: 4, random: random)), rows),
      (
        "mixture, turned round", Inverted(autoregressive(.logisticMixture(components: 3))), rows
      ),
      ("permutation", Permutation(columns: 4, random: random), rows),
      ("rotation", HouseholderRotation(columns: 4, reflections: 2, random: random), rows),
      ("lu", InvertibleConvolution(channels: 4, random: random), rows),
      ("actnorm of columns", ActNorm(channels: 4), rows),
      ("softplus", Pointwise.softplus, rows), ("tanh", Pointwise.tanh, rows),
      ("sigmoid and logit", pointwise, rows),
      (
        "continuous",
        Continuous(columns: 4, hidden: [8, 7], tolerance: 1e-6, random: random), rows
      ),
      (
        "maf of many",
        Autoregressive(
          columns: 20, transformer: .affine, hidden: [128, 128], activation: .tanh,
          random: random), wide
      ),
      (
        "iaf of many",
        Inverted(
          Autoregressive(
            columns: 20, transformer: .affine, hidden: [32], activation: .tanh, random: random)),
        wide
      ),
    ]
  }

  /// Three layers: first, middle and last differ, and the dilation of 4 meets both ends of 7
  /// frames.
  static func audioNet(outputs: Int, condition: Int = 0, _ precision: Precision = .float32)
    -> AudioNet
  {
    AudioNet(
      inputs: 2, width: 8, outputs: outputs, layers: 3, condition: condition,
      precision: SharedPrecision(precision), seed: 7, index: 0)
  }

  static func net(
    outputs: Int, width: Int = 8, condition: Int = 0, _ precision: Precision = .float32
  ) -> ImageNet {
    ImageNet(
      inputs: 2, width: width, outputs: outputs, condition: condition,
      precision: SharedPrecision(precision), seed: 7, index: 0)
  }

  /// How far to move a parameter: weights so that what comes out is about as large as what goes in.
  static func size(_ name: String, _ parameter: Parameter) -> Float {
    let inputs = parameter.value.shape.dropFirst().reduce(1, *)
    return name.hasSuffix("weight") ? 1 / Float(inputs).squareRoot() : 0.1
  }

  /// Moves every trained parameter away from its initial value.
  static func randomize(_ flow: any Flow) {
    var index = 0
    flow.visitParameters("") { name, parameter in
      guard parameter.isTrained else { return }
      let noise = RandomStream(seed: 9, .parameters, index).normal(parameter.value.shape).elements
      let size = size(name, parameter)
      parameter.set(zip(parameter.value.elements, noise).map { $0 + size * $1 })
      index += 1
    }
  }

  /// The same of a model.
  static func randomized(_ glow: Glow) -> Glow {
    var index = 0
    glow.visitParameters { name, parameter in
      defer { index += 1 }
      guard parameter.isTrained else { return }
      let noise = RandomStream(seed: 2, .parameters, 1000 + index).normal(parameter.value.shape)
      let size = size(name, parameter)
      parameter.set(zip(parameter.value.elements, noise.elements).map { $0 + size * $1 })
    }
    return glow
  }

  func input(_ shape: [Int]) -> Tensor { RandomStream(seed: 3, .samples).normal(shape) }

  /// What is set from a first batch that goes in parts is told what belongs to each part.
  @Test func aLargeFirstBatchIsToldItsOwn() {
    let coupling = AffineCoupling(net: Self.audioNet(outputs: 4, condition: 3))
    Self.randomize(coupling)
    let width = 16384
    let places = RowsBetween.Places(
      (0..<3 * width).map { r -> (row: Int, share: Float) in
        (r / width * 2, Float(r % width) / Float(width))
      }, count: 6)
    let told = coupling.given(
      RowsBetween(RandomStream(seed: 9, .samples).normal([3, 1, 2, 3]), places))
    let x = input([3, 1, width, 4])
    #expect(Tensor.largestDifference(told.initialize(from: x), told.forward(x).z) < 1e-5)
  }

  @Test(arguments: flows.indices) func inverseOfForward(_ i: Int) {
    let (name, flow, shape) = Self.flows[i]
    let x = input(shape)
    let z = flow.forward(x).z
    #expect(z.count == x.count)
    #expect(Tensor.largestDifference(flow.inverse(z), x) < 1e-5, "\(name)")
    #expect(Tensor.largestDifference(restored(flow, x), x) < 1e-5, "\(name)")
  }

  /// In double the same function, and its inverse by far closer.
  @Test func inverseOfForwardInDouble() {
    let flows = Self.flows.filter { one in
      let parts = (one.flow as? Chain)?.parts.map(\.flow) ?? [one.flow]
      return parts.allSatisfy { $0 is any DoubleFlow }
    }
    #expect(flows.count >= 14)
    for (name, flow, shape) in flows {
      guard let flow = flow as? any DoubleFlow else { continue }
      let x = input(shape)
      let z = flow.forward(DoubleTensor(x))
      #expect(Tensor.largestDifference(flow.forward(x).z, z.rounded) < 1e-5, "\(name)")
      let error = zip(flow.inverse(z).elements, x.elements).map { abs($0 - Double($1)) }.max()
      #expect(error.map { $0 < 1e-13 } == true, "\(name): \(error ?? .nan)")
    }
  }

  /// A net in bfloat16 is another function, but the same one each time: one coupling inverts
  /// exactly.
  @Test func inverseOfForwardInBfloat16() {
    let flows: [(any Flow, [Int])] = [
      (AffineCoupling(net: Self.net(outputs: 4, .bfloat16)), [2, 4, 4, 4]),
      (AdditiveCoupling(net: Self.audioNet(outputs: 2, .bfloat16)), [2, 1, 7, 4]),
    ]
    for (flow, shape) in flows {
      Self.randomize(flow)
      let x = input(shape)
      let z = flow.forward(x).z
      #expect(Tensor.largestDifference(flow.inverse(z), x) < 1e-5)
      #expect(Tensor.largestDifference(restored(flow, x), x) < 1e-5)
    }
  }

  /// Restored from an output whose last bits were lost, as after the layers behind, a coupling runs
  /// its net on the bits that forward ran it on, if it is given the trace.
  @Test func traceKeepsTheNetsBits() {
    let coupling = AffineCoupling(net: Self.net(outputs: 4, .bfloat16))
    Self.randomize(coupling)
    let (z, _, saved) = coupling.forward(input([4, 8, 8, 4]))
    let noise = RandomStream(seed: 5, .noise).normal(z.shape).elements
    let near = Tensor(zip(z.elements, noise).map { $0 + 1e-5 * $1 }, shape: z.shape)
    let h = coupling.restore(near, coupling.trace(saved)).saved.h
    #expect(h.elements == saved.h.elements)
    #expect(coupling.restore(near, nil).saved.h.elements != saved.h.elements)
  }

  /// A chain in a chain keeps its parts' traces: rebuilt in bfloat16, the bits of the flat chain.
  @Test func aChainInAChainIsTheFlatChain() {
    let mix = InvertibleConvolution(channels: 4, random: RandomStream(seed: 2, .parameters))
    let parts: [(name: String, flow: any Flow)] = [
      (".a", AffineCoupling(net: Self.net(outputs: 4, .bfloat16))), (".b", mix),
      (".c", AdditiveCoupling(net: Self.net(outputs: 2, .bfloat16))), (".d", mix),
      (".e", AffineCoupling(net: Self.net(outputs: 4, .bfloat16))),
    ]
    let flat = Chain(parts)
    let nested = Chain([
      parts[0], (name: "", flow: Chain([parts[1], (name: "", flow: Chain([parts[2]]))])), parts[3],
      (name: "", flow: Chain([parts[4]])),
    ])
    Self.randomize(flat)
    let x = input([4, 8, 8, 4])
    let dz = RandomStream(seed: 4, .samples).normal(x.shape)
    func bits(_ chain: Chain, rebuilding: Bool) -> [[Float]] {
      chain.visitParameters("") { _, p in p.clearGradient() }
      let (z, _, saved) = chain.forward(x)
      var all: [[Float]] = []
      if rebuilding {
        let (rebuilt, dx) = chain.backward(
          rebuilding: z, chain.transform(x).trace, dz, [1, 2, 3, 4])
        all = [rebuilt.elements, chain.restore(z, chain.trace(saved)).x.elements, dx.elements]
      } else {
        all = [chain.backward(saved, dz, [1, 2, 3, 4]).elements]
      }
      chain.visitParameters("") { _, p in all.append(p.gradient.elements) }
      return all
    }
    for rebuilding in [false, true] {
      #expect(bits(nested, rebuilding: rebuilding) == bits(flat, rebuilding: rebuilding))
    }
  }

  /// The log-det is that of the true Jacobian, taken column by column.
  @Test(arguments: flows.indices) func logDetIsTheJacobians(_ i: Int) {
    let (name, flow, shape) = Self.flows[i]
    let one = input(shape).examples(0..<1)
    let n = one.count
    let h: Float = 0.01
    var jacobian = [[Double]](repeating: [Double](repeating: 0, count: n), count: n)
    for column in 0..<n {
      let (up, down) = (moved(one, column, h), moved(one, column, -h))
      let (a, b) = (flow.forward(up).z.elements, flow.forward(down).z.elements)
      for row in 0..<n { jacobian[row][column] = Double(a[row] - b[row]) / Double(2 * h) }
    }
    let expected = logAbsDeterminant(jacobian)
    #expect(abs(flow.forward(one).logDet[0] - expected) < 5e-3, "\(name), \(expected)")
  }

  /// f(θ + h·v) − f(θ) − h·∇f·v shrinks with the square of h, over six halvings, for a loss that
  /// weighs every output and every log-det, along a random direction of x and all parameters.
  @Test(arguments: flows.indices) func gradientIsOfSecondOrder(_ i: Int) {
    let (name, flow, shape) = Self.flows[i]
    let x = input(shape)
    let weights = RandomStream(seed: 4, .samples).normal(flow.forward(x).z.shape)
    let logDetWeights: [Float] = [0.7, -1.3]
    func loss(_ x: Tensor) -> Double {
      let (z, logDet) = outcome(flow, x)
      let output = zip(z.elements, weights.elements).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      return output + zip(logDet, logDetWeights).reduce(0) { $0 + $1.0 * Double($1.1) }
    }
    for rebuilding in [false, true] {
      flow.visitParameters("") { _, p in p.clearGradient() }
      let dx = gradient(flow, x, weights, logDetWeights, rebuilding: rebuilding)
      let direction = RandomStream(seed: 5, .samples).normal(x.shape).elements
      var slope = zip(dx.elements, direction).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      var directions: [(Parameter, start: [Float], v: [Float])] = []
      flow.visitParameters("") { name, p in
        guard p.isTrained else { return }
        // along the gradient's own sign, so that no part of it can hide
        let reach = 0.2 * Self.size(name, p)
        let v = p.gradient.elements.map { (g: Float) -> Float in
          g == 0 ? 0 : g > 0 ? reach : -reach
        }
        slope += zip(p.gradient.elements, v).reduce(0) { $0 + Double($1.0) * Double($1.1) }
        directions.append((p, p.value.elements, v))
      }
      let start = loss(x)
      let remainders = (0...6).map { k -> Double in
        let h = Float(0.25) / Float(1 << k)
        for (p, at, v) in directions { p.set(zip(at, v).map { $0 + h * $1 }) }
        let moved = Tensor(zip(x.elements, direction).map { $0 + h * $1 }, shape: x.shape)
        return abs(loss(moved) - start - Double(h) * slope)
      }
      for (p, at, _) in directions { p.set(at) }
      // rounding, about 1e-5 here, hides the order of what is linear to begin with; the first
      // remainder may happen to be small
      let most = remainders.max() ?? 0
      let bound = max(
        remainders[0] / 1000, most / 500, name.contains("sound") ? 5e-5 : 2e-5)
      #expect(remainders[6] < bound, "\(name), rebuilding \(rebuilding): \(remainders)")
    }
  }

  @Test func actNormNormalizesItsFirstBatch() {
    let flow = ActNorm(channels: 3)
    let constant = RandomStream(seed: 6, .samples).normal([8, 4, 4, 3]).elements
      .enumerated().map { $0.offset % 3 == 1 ? Float(0.25) : 5 * $0.element + 2 }
    let z = flow.initialize(from: Tensor(constant, shape: [8, 4, 4, 3]))
    let (mean, deviation) = z.columnMoments()
    #expect(mean.allSatisfy { abs($0) < 1e-4 })
    #expect(abs(deviation[0] - 1) < 1e-4 && abs(deviation[2] - 1) < 1e-4)
    #expect(z.isFinite, "a constant channel stays finite")
  }

  // Types opened.

  private func restored(_ flow: some Flow, _ x: Tensor) -> Tensor {
    let (z, _, trace) = flow.transform(x)
    return flow.restore(z, trace).x
  }

  private func outcome(_ flow: some Flow, _ x: Tensor) -> (Tensor, [Double]) {
    let (z, logDet, _) = flow.forward(x)
    return (z, logDet)
  }

  private func gradient<F: Flow>(
    _ flow: F, _ x: Tensor, _ dz: Tensor, _ dLogDet: [Float], rebuilding: Bool
  ) -> Tensor {
    let (z, _, saved) = flow.forward(x)
    return rebuilding
      ? flow.backward(rebuilding: z, flow.trace(saved), dz, dLogDet).dx
      : flow.backward(saved, dz, dLogDet)
  }

  private func moved(_ x: Tensor, _ index: Int, _ by: Float) -> Tensor {
    var elements = x.elements
    elements[index] += by
    return Tensor(elements, shape: x.shape)
  }

  private func logAbsDeterminant(_ matrix: [[Double]]) -> Double {
    var (m, total) = (matrix, 0.0)
    for k in m.indices {
      let pivot = (k..<m.count).max { abs(m[$0][k]) < abs(m[$1][k]) } ?? k
      m.swapAt(k, pivot)
      total += log(abs(m[k][k]))
      for i in k + 1..<max(k + 1, m.count) {
        let factor = m[i][k] / m[k][k]
        for j in k..<m.count { m[i][j] -= factor * m[k][j] }
      }
    }
    return total
  }
}
