import Testing

@testable import Tensors

/// Muon's step, where what it must be is known without it: on matrices whose rows, or columns, have
/// one entry each, it works on each of these by itself.
@Suite struct MuonTests {
  private let beta: Float = 0.9
  private let decay: Float = 0.5
  private let rate: Float = 0.1
  private let averageDecay: Float = 0.75

  /// What becomes of a singular value.
  private func near1(_ x: Double) -> Double {
    (0..<5).reduce(x) { x, _ in 3.4445 * x - 4.7750 * x * x * x + 2.0315 * x * x * x * x * x }
  }

  private func step(
    _ p: Parameter, _ momentum: Tensor, _ average: Tensor, iteration: Int = 0, interval: Int = 1
  ) {
    MuonStep(
      iteration: iteration, interval: interval, rate: rate, momentum: beta, weightDecay: decay,
      gradientScale: 0.5, averageDecay: averageDecay
    ).update([(p, momentum, average)])
  }

  @Test(arguments: [(3, 5), (5, 3), (4, 4)])
  func eachSingularValueGoesItsWay(_ rows: Int, _ columns: Int) {
    let ranks = min(rows, columns)
    /// A matrix with these on a diagonal that wraps round.
    func diagonal(_ values: [Double]) -> [Float] {
      var elements = [Float](repeating: 0, count: rows * columns)
      for (i, v) in values.enumerated() {
        elements[rows < columns ? i * columns + (i + 2) % columns : (i + 2) % rows * columns + i] =
          Float(v)
      }
      return elements
    }
    let p = Parameter(Tensor(repeating: 1, shape: [rows, columns, 1, 1]))
    let (momentum, average) = (
      Tensor(repeating: 0, shape: p.shape), Tensor(repeating: 2, shape: p.shape)
    )
    var (moment, value, mean) = (
      [Double](repeating: 0, count: ranks),
      (on: [Double](repeating: 1, count: ranks), off: 1.0), [Double](repeating: 2, count: ranks)
    )
    for gradients in [[3, -0.4, 0.02, 1], [-1, 0.5, 2, 0.3]] as [[Double]] {
      p.accumulate(diagonal(Array(gradients.prefix(ranks))))
      step(p, momentum, average)
      let scaled = gradients.prefix(ranks).map { 0.5 * $0 }
      moment = zip(moment, scaled).map { 0.9 * $0 + $1 }
      let ahead = zip(moment, scaled).map { 0.9 * $0 + $1 }
      let norm = ahead.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let size = 0.1 * 0.2 * Double(max(rows, columns)).squareRoot()
      value.on = zip(value.on, ahead).map { 0.95 * $0 - size * near1($1 / norm) }
      value.off *= 0.95
      mean = zip(mean, value.on).map { $0 + 0.25 * ($1 - $0) }
    }
    func check(_ name: String, _ got: [Float], _ expected: [Double], off: Double?) {
      let mask = diagonal(Array(repeating: 1, count: ranks))
      let on = diagonal(expected)
      for i in got.indices where mask[i] != 0 || off != nil {
        let right = mask[i] != 0 ? on[i] : Float(off ?? 0)
        #expect(abs(got[i] - right) < 2e-5, "\(name) \(i): \(got[i]), not \(right)")
      }
    }
    check("value", p.value.elements, value.on, off: value.off)
    check("momentum", momentum.elements, moment, off: 0)
    check("average", average.elements, mean, off: nil)
    #expect(p.gradient.elements.allSatisfy { $0 == 0 })
  }

  /// The step of a random matrix: singular vectors stay, and singular values are near 1.
  @Test func aStepIsNearlyOrthogonal() {
    let (rows, columns) = (6, 40)
    let p = Parameter(Tensor(repeating: 0, shape: [rows, columns]))
    p.decays = false
    let g = RandomStream(seed: 3, .noise).normal([rows, columns])
    p.accumulate(g.elements)
    step(p, Tensor(repeating: 0, shape: p.shape), Tensor(repeating: 0, shape: p.shape))
    let unit = -1 / (rate * 0.2 * Float(columns).squareRoot())
    let o = Tensor(p.value.elements.map { unit * $0 }, shape: p.shape)
    let gram = Tensor.product(o, o, transposingB: true).elements
    for i in 0..<rows {
      for j in 0..<rows {
        #expect(abs(gram[i * rows + j] - (i == j ? 1 : 0)) < 0.4, "\(i), \(j)")
      }
    }
    let both = Tensor.product(o, g, transposingB: true).elements
    for i in 0..<rows {
      for j in 0..<i {
        #expect(abs(both[i * rows + j] - both[j * rows + i]) < 1e-3, "O Gᵀ is symmetric")
      }
    }
  }

  /// Between its moves a matrix stays, and its momentum goes on; a move is as long as those left out.
  @Test func itMovesEveryFewSteps() {
    func run(_ interval: Int) -> [(value: Float, momentum: Float)] {
      let p = Parameter(Tensor([2], shape: [1, 1]))
      p.decays = false
      let (momentum, average) = (Tensor([0], shape: [1, 1]), Tensor([0], shape: [1, 1]))
      return (1...5).map { iteration in
        p.accumulate([4])
        step(p, momentum, average, iteration: iteration, interval: interval)
        return (p.value.elements[0], momentum.elements[0])
      }
    }
    let (always, third) = (run(1), run(3))
    #expect(third.map(\.momentum) == always.map(\.momentum))
    #expect(third[0].value == 2 && third[1].value == 2 && third[2].value == third[4].value)
    let move = { (steps: [(value: Float, momentum: Float)], i: Int) in
      steps[i].value - steps[i - 1].value
    }
    #expect(abs(move(third, 2) - 3 * move(always, 2)) < 1e-6 && move(third, 2) < 0)
  }

  /// A net that is dead has no gradients any more; its momentum ends, and so do its steps.
  @Test func itStopsWhereGradientsEnd() {
    let p = Parameter(RandomStream(seed: 1, .noise).normal([4, 3]))
    p.decays = false
    let (momentum, average) = (
      Tensor(repeating: 0, shape: p.shape), Tensor(repeating: 0, shape: p.shape)
    )
    p.accumulate(RandomStream(seed: 2, .noise).normal([4, 3]).elements)
    for _ in 0..<1000 { step(p, momentum, average) }
    let late = p.value.elements
    for _ in 0..<2000 { step(p, momentum, average) }
    #expect(p.value.elements == late && late.allSatisfy(\.isFinite))
  }

  /// With an interval, matrices take turns.
  @Test func matricesTakeTurns() {
    let slots = (0..<3).map { i in
      let p = Parameter(Tensor([1], shape: [1, 1]))
      p.accumulate([1])
      return (
        parameter: p, momentum: Tensor([0], shape: [1, 1]), average: Tensor([0], shape: [1, 1])
      )
    }
    MuonStep(
      iteration: 1, interval: 3, rate: 0.1, weightDecay: 0, gradientScale: 1, averageDecay: 0
    ).update(slots)
    #expect(slots.map { $0.parameter.value.elements[0] != 1 } == [false, false, true])
  }

  /// Matrices of several sizes have the bits that they have alone, for any number of threads; one
  /// without a gradient stays.
  @Test func stepsDoNotDependOnEachOther() {
    let shapes = [[8, 4, 3, 3], [4, 8, 1, 1], [16, 2, 1, 3], [5, 5, 1, 1]]
    func run(_ groups: [[Int]], threads: Int) -> [[Float]] {
      let before = ThreadPool.threads
      ThreadPool.threads = threads
      defer { ThreadPool.threads = before }
      let slots = shapes.enumerated().map { i, shape in
        let p = Parameter(RandomStream(seed: 5, .noise, i).normal(shape))
        if i < 3 { p.accumulate(RandomStream(seed: 6, .noise, i).normal(shape).elements) }
        let zeros = { Tensor(repeating: 0, shape: shape) }
        return (parameter: p, momentum: zeros(), average: zeros())
      }
      let step = MuonStep(
        iteration: 0, rate: 0.1, weightDecay: 0, gradientScale: 1, averageDecay: 0.5)
      for group in groups { step.update(group.map { slots[$0] }) }
      return slots.map { $0.parameter.value.elements }
    }
    let alone = run([[0], [1], [2], [3]], threads: 1)
    #expect(run([[0, 1, 2, 3]], threads: 3) == alone)
    #expect(alone[3] == RandomStream(seed: 5, .noise, 3).normal(shapes[3]).elements)
  }
}
