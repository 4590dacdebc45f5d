import Flows
import Foundation
import Models
import Tensors
import Testing
import Training

/// What other libraries got wrong, and what a density must be.
@Suite struct ClassicFlowTests {
  static let random = RandomStream(seed: 3, .parameters)

  /// Flows of one column at large random parameters.
  static var flows: [(name: String, flow: any Flow)] {
    func autoregressive(_ transformer: Transformer) -> Autoregressive {
      Autoregressive(columns: 1, transformer: transformer, hidden: [4], random: random)
    }
    let flows: [(String, any Flow)] = [
      ("planar", Planar(columns: 1, random: random)),
      ("radial", Radial(columns: 1, random: random)),
      (
        "sylvester",
        Sylvester(
          columns: 1, basis: "orthogonal", directions: 1, isFlipped: false, random: random)
      ),
      ("affine", autoregressive(.affine)),
      ("spline", autoregressive(.spline(bins: 8, bound: 3))),
      ("logistic mixture", autoregressive(.logisticMixture(components: 4))),
      ("gaussian mixture", Elementwise(columns: 1, transformer: .gaussianMixture(components: 4))),
      ("continuous", Continuous(columns: 1, hidden: [8], random: random)),
    ]
    for (name, flow) in flows { enlarge(flow, by: name == "continuous" ? 0.5 : 1.5) }
    return flows
  }

  static func enlarge(_ flow: any Flow, by size: Float, seed: UInt64 = 5) {
    var index = 0
    flow.visitParameters("") { _, p in
      guard p.isTrained else { return }
      p.set(
        RandomStream(seed: seed, .parameters, index).normal(p.shape).elements.map { size * $0 })
      index += 1
    }
  }

  @Test(arguments: flows.indices) func densityIntegratesToOne(_ i: Int) {
    let (name, flow) = Self.flows[i]
    let (n, reach) = (80_001, 60.0)
    let step = 2 * reach / Double(n - 1)
    let x = (0..<n).map { Float(-reach + Double($0) * step) }
    let (z, logDet) = outcome(flow, Tensor(x, shape: [n, 1]))
    let isBounded = name == "gaussian mixture"
    let constant = 0.5 * log(2 * Double.pi)
    var total = 0.0
    for (z, logDet) in zip(z.elements.map(Double.init), logDet) {
      total += step * exp(isBounded ? logDet : logDet - 0.5 * z * z - constant)
    }
    #expect(abs(total - 1) < 1e-4, "\(name): \(total)")
  }

  @Test func nothingHappensAtTheBoxesEdge() {
    let bound: Float = 3
    let flow = Elementwise(columns: 1, transformer: .spline(bins: 8, bound: bound))
    Self.enlarge(flow, by: 3)
    for edge in [-bound, bound] {
      let x = Tensor([edge.nextDown, edge, edge.nextUp, 2 * edge], shape: [4, 1])
      let (z, logDet, saved) = flow.forward(x)
      #expect(Tensor.largestDifference(z, x) < 1e-5)
      #expect(logDet.allSatisfy { abs($0) < 1e-3 })
      let dx = flow.backward(saved, Tensor(repeating: 1, shape: [4, 1]), [0, 0, 0, 0]).elements
      #expect(dx.allSatisfy { abs($0 - 1) < 1e-3 })
      #expect(Tensor.largestDifference(flow.inverse(z), x) < 1e-5)
    }
  }

  /// Inputs and parameters as far out as a diverging run brings them.
  @Test(arguments: [Float(0), 1, 30, 1000]) func splinesAreNeverNaN(_ size: Float) {
    let flow = Elementwise(columns: 4, transformer: .spline(bins: 8, bound: 3))
    Self.enlarge(flow, by: size)
    let x = Tensor([-1e30, -3, -2.9999998, 0, 1e-30, 2.9999998, 3, 1e30], shape: [2, 4])
    let (z, logDet, saved) = flow.forward(x)
    let dx = flow.backward(saved, x.channels(0..<4).contiguous(), [1, 1])
    #expect(z.isFinite && logDet.allSatisfy { $0.isFinite } && dx.isFinite)
    #expect(flow.inverse(z).isFinite)
    flow.visitParameters("") { name, p in #expect(p.gradient.isFinite, "\(name)") }
  }

  /// Far out in both tails log-dets stay finite, and the map rises.
  @Test func mixturesKeepTheirTails() {
    let flow = Elementwise(columns: 1, transformer: .logisticMixture(components: 3))
    Self.enlarge(flow, by: 1)
    let x = Tensor([-1e4, -100, -10, 0, 10, 100, 1e4], shape: [7, 1])
    let (z, logDet, _) = flow.forward(x)
    #expect(z.isFinite && logDet.allSatisfy { $0.isFinite })
    #expect(zip(z.elements, z.elements.dropFirst()).allSatisfy { $0 < $1 })
    for (back, x) in zip(flow.inverse(z).elements, x.elements) {
      #expect(abs(back - x) <= 1e-5 * abs(x) + 1e-4)
    }
  }

  /// Many fresh ones must not shrink what goes through them: a sampler would begin, and stay, at
  /// one mode of its target.
  @Test func manyFreshPlanarFlowsAreNearTheIdentity() {
    let flows = (0..<32).map { i in
      (".\(i)", Planar(columns: 2, random: RandomStream(seed: 1, .parameters, i)) as any Flow)
    }
    let (_, logDet, _) = Chain(flows).transform(RandomStream(seed: 2, .samples).normal([256, 2]))
    #expect(abs(logDet.reduce(0, +) / 256) < 1)
  }

  /// û keeps the planar flow invertible at parameters that would fold it, of both signs.
  @Test(arguments: [Float(-20), 20]) func planarCanAlwaysBeInverted(_ size: Float) {
    let w = Tensor([2, -1, 3], shape: [1, 3])
    let flow = Planar(
      u: Variable(Tensor(w.elements.map { size * $0 }, shape: [1, 3])), w: Variable(w),
      b: Variable(0.3))
    let x = RandomStream(seed: 2, .samples).normal([64, 3])
    let (z, logDet, _) = flow.forward(x)
    #expect(logDet.allSatisfy { $0.isFinite })
    #expect(Tensor.largestDifference(flow.forward(flow.inverse(z)).z, z) < 1e-3)
  }

  /// At parameters that training hardly reaches, of both signs, the inverse is one, and log-dets
  /// are the opposite on the way back.
  @Test(arguments: ["radial", "maf", "orthogonal", "householder", "triangular"], [Float(-6), 6])
  func invertsAtLargeParameters(_ name: String, _ size: Float) {
    let flow: any Flow =
      switch name {
      case "radial": Radial(columns: 4, random: Self.random)
      case "maf":
        Autoregressive(columns: 4, transformer: .affine, hidden: [16], random: Self.random)
      default:
        Sylvester(
          columns: 4, basis: name, directions: 3, isFlipped: true, random: Self.random)
      }
    Self.enlarge(flow, by: name == "maf" ? size / 12 : size)
    let z = RandomStream(seed: 2, .samples).normal([64, 4])
    let x = flow.inverse(z)
    let (back, logDet) = outcome(flow, x)
    #expect(x.isFinite && logDet.allSatisfy { $0.isFinite })
    #expect(Tensor.largestDifference(back, z) < 2e-3, "\(name)")
  }

  @Test func continuousStatesWhatItCosts() {
    func density(_ tolerance: Double) -> ([Double], Int) {
      let flow = Continuous(
        columns: 3, hidden: [16, 16], tolerance: tolerance, random: Self.random)
      Self.enlarge(flow, by: 0.7)
      let logDet = flow.forward(RandomStream(seed: 1, .samples).normal([32, 3])).logDet
      return (logDet, flow.evaluations)
    }
    let (coarse, few) = density(1e-5)
    let (fine, many) = density(1e-6)
    #expect(few > 6 && many > few)
    #expect(zip(coarse, fine).allSatisfy { abs($0 - $1) < 1e-3 })
  }

  /// A masked net's outputs know nothing of their own column and those behind it.
  @Test func theJacobianIsTriangular() {
    let flow = Autoregressive(
      columns: 5, transformer: .affine, hidden: [64, 64], random: Self.random)
    Self.enlarge(flow, by: 0.3)
    let x = RandomStream(seed: 1, .samples).normal([1, 5])
    let z = flow.forward(x).z.elements
    for column in 0..<5 {
      var moved = x.elements
      moved[column] += 0.5
      let other = flow.forward(Tensor(moved, shape: [1, 5])).z.elements
      #expect(Array(z[..<column]) == Array(other[..<column]))
      #expect(z[column] != other[column])
    }
  }

  @Test(arguments: [0, 1, 2, 3, 4, 5, 6, 7]) func basesAreDrawnFromTheirDensity(_ i: Int) {
    let all =
      ([
        NormalBase(columns: 1), NormalBase(columns: 1, isLearned: true), UniformBase(columns: 1),
        BetaBase(columns: 1, a: 2, b: 5), StudentBase(columns: 1, degrees: 5),
        MixtureBase(columns: 1, components: 3, random: Self.random),
        NormalBase(columns: 1, isLearned: true, classes: 3),
        MixtureBase(columns: 1, components: 2, classes: 3, random: Self.random),
      ] as [any BaseDistribution])[i]
    var index = 0
    all.visitParameters("") { _, p in
      p.set(RandomStream(seed: 7, .parameters, index).normal(p.shape).elements.map { 0.5 * $0 })
      index += 1
    }
    let base = i < 6 ? all : all.ofClasses(Tensor([0, 0, 1], shape: [1, 3]))
    // the share of draws below a point is the integral of the density up to it
    let (n, low, high) = (20_001, -30.0, 30.0)
    let step = (high - low) / Double(n - 1)
    let grid = Tensor((0..<n).map { Float(low + Double($0) * step) }, shape: [n, 1])
    let inside = base.isBounded ? grid.elements.map { $0 > 0 && $0 < 1 } : []
    let logs = base.logDensity(Variable(grid)).value.elements
    let density = logs.enumerated().map { i, l in
      inside.isEmpty || inside[i] ? exp(Double(l)) * step : 0
    }
    #expect(abs(density.reduce(0, +) - 1) < 2e-3)
    let draws = base.sample(0..<20_000, seed: 3, temperature: 1).elements.sorted()
    #expect(
      base.sample(5..<7, seed: 3, temperature: 1).elements
        == Array(base.sample(0..<9, seed: 3, temperature: 1).elements[5..<7]))
    var (below, worst, at) = (0.0, 0.0, 0)
    for (x, mass) in zip(grid.elements, density) {
      below += mass
      while at < draws.count, draws[at] <= x { at += 1 }
      worst = max(worst, abs(below - Double(at) / Double(draws.count)))
    }
    #expect(worst < 0.015, "Kolmogorov–Smirnov \(worst)")
  }

  /// A base on (0, 1) behind a sigmoid keeps its tails, which fall with e^(a·x) and e^(−b·x).
  @Test(arguments: ["beta(2,5)", "uniform"], [0, 3]) func basesKeepTheirTails(
    _ base: String, _ context: Int
  ) {
    let (a, b) = base == "uniform" ? (1.0, 1.0) : (2.0, 5.0)
    var c = FlowConfiguration(columns: ["x"], flows: ["affine", "sigmoid"], base: base)
    c.context = (0..<context).map { .init(name: "c\($0)") }
    let flow = FlowDensity(c)
    let softplus = { (x: Double) in max(x, 0) + log1p(exp(-abs(x))) }
    for x in stride(from: -60.0, through: 60, by: 1.5) {
      let given = Context(
        features: context == 0 ? nil : Tensor(repeating: 1, shape: [1, context]))
      let expected =
        lgamma(a + b) - lgamma(a) - lgamma(b) - a * softplus(-x) - b * softplus(x)
      let row = Tensor([Float(x)], shape: [1, 1])
      let (z, scores) = flow.encode(row, given)
      #expect(z.shape == [1, 1] && z.elements[0] >= 0 && z.elements[0] <= 1)
      #expect(abs(scores[0] - expected) < 1e-5 * (1 + abs(expected)), "\(x)")
      #expect(flow.addGradients(row, given, weight: 1) == scores)
      // of z = x − shift, its scale's log 0
      let slope = a / (1 + exp(x)) - b / (1 + exp(-x))
      flow.visitParameters { _, p in
        for (own, expected) in zip(p.gradient.elements, [-slope, -slope * x - 1]) {
          #expect(abs(Double(own) - expected) < 1e-5 * (1 + abs(expected)), "gradient at \(x)")
        }
        p.clearGradient()
      }
    }
  }

  /// Where nothing is recorded values are the same, and no gradient comes.
  @Test func valuesDoNotDependOnTheTape() {
    let flow = Continuous(columns: 2, hidden: [8], random: Self.random)
    Self.enlarge(flow, by: 0.5)
    let x = RandomStream(seed: 1, .samples).normal([4, 2])
    let recorded = flow.forward(x)
    let (z, _, saved) = Variable.withoutRecording { flow.forward(x) }
    #expect(z.elements == recorded.z.elements)
    let dx = flow.backward(saved, Tensor(repeating: 1, shape: [4, 2]), [0, 0, 0, 0])
    #expect(dx.sumOfSquares == 0)
  }

  /// Decay draws nets to zero, not the scale of the data: correlated columns stay as they were
  /// learned.
  @Test func whiteningIsNotDecayed() {
    let flow = Whitening(columns: 2)
    flow.visitParameters("") { name, p in #expect(!p.decays, "\(name)") }
    let a = RandomStream(seed: 1, .samples).normal([500, 2]).elements
    var rows: [Float] = []
    for n in 0..<500 { rows += [a[2 * n], a[2 * n] + 0.01 * a[2 * n + 1]] }
    let z = flow.initialize(from: Tensor(rows, shape: [500, 2]))
    let (mean, deviation) = z.columnMoments()
    #expect(mean.allSatisfy { abs($0) < 1e-3 } && deviation.allSatisfy { $0 < 1.01 })
  }

  @Test func configurationsThatNoModelCanHaveAreNamed() {
    func problem(_ flows: [String], columns: Int = 2, hidden: [Int] = [4]) -> String? {
      let names = (0..<columns).map { "x\($0)" }
      return FlowConfiguration(columns: names, flows: flows, hidden: hidden).validationError
    }
    #expect(problem(["maf", "permute", "nsf"]) == nil)
    #expect(problem(["continuous"], hidden: []) != nil)
    #expect(problem(["realnvp"], columns: 1) != nil)
    #expect(problem(["nothing"]) != nil)
    #expect(problem(Array(repeating: "nsf", count: 1000), columns: 60_000) != nil)
  }

  @Test func flowsThatReachAPartOfTheBaseAreNamed() {
    func warning(_ flows: [String], base: String) -> String? {
      var c = FlowConfiguration(columns: ["x"], flows: flows, base: base)
      c.joinBase()
      return c.reachWarning
    }
    for flows in [
      ["gmm"], ["gmm", "reverse"], ["sigmoid", "permute", "logit", "nsf"], ["affine"], [],
    ] {
      for base in ["uniform", "student(5)"] {
        #expect(warning(flows, base: base) == nil, "\(flows)")
      }
    }
    for (flows, named) in [
      (["maf", "tanh"], "tanh"), (["softplus", "maf"], "softplus"), (["sigmoid", "maf"], "maf"),
      (["sigmoid", "gmm"], "gmm"), (["tanh", "sigmoid"], "tanh"),
    ] {
      for base in ["uniform", "normal"] {
        #expect(
          warning(flows, base: base)?.contains("behind \(named) ") == true, "\(flows), \(base)")
      }
    }
  }

  private func outcome(_ flow: some Flow, _ x: Tensor) -> (Tensor, [Double]) {
    let (z, logDet, _) = flow.forward(x)
    return (z, logDet)
  }
}
