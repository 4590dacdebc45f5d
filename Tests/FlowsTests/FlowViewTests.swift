import Flows
import Foundation
import Media
import Models
import Tensors
import Testing
import Training

/// A density in the numbers of its file, and its parts.
@Suite struct FlowViewTests {
  private func model(_ flows: [String], base: String) -> FlowDensity {
    var c = FlowConfiguration(columns: ["x"], flows: flows, base: base, hidden: [4])
    (c.components, c.shift, c.scale) = (4, [1000], [20])
    c.context = [.init(name: "a", shift: 5, scale: 2), .init(name: "b", values: [0, 3])]
    let model = FlowDensity(c, seed: 2)
    var index = 0
    model.visitParameters { _, p in
      guard p.isTrained else { return }
      p.set(RandomStream(seed: 9, .parameters, index).normal(p.shape).elements.map { 0.5 * $0 })
      index += 1
    }
    return model
  }

  /// Whatever stands before the mixture and behind it, its parts are the whole, of a density.
  @Test(arguments: [["gmm"], ["affine", "gmm"], ["spline", "gmm"]])
  func componentsSumToTheDensity(_ flows: [String]) throws {
    for base in ["uniform", "beta(2,5)"] {
      let view = FlowView(model(flows, base: base), given: ["a": 6, "b": 3])
      let (n, reach) = (20_001, 400.0)
      let x = (0..<n).map { 1000 - reach + 2 * reach * Double($0) / Double(n - 1) }
      let density = view.density(x)
      let parts = view.mixtureComponents(x)
      #expect(parts.count == 4)
      for i in stride(from: 0, to: n, by: 7) where density[i] > 0 {
        let sum = parts.reduce(0) { $0 + $1[i] }
        #expect(abs(sum - density[i]) <= 1e-9 * density[i])
        #expect(parts.allSatisfy { $0[i] >= 0 })
      }
      let step = 2 * reach / Double(n - 1)
      #expect(abs(density.reduce(0, +) * step - 1) < 1e-3, "\(flows) \(base)")
      // none of them is alone, or the test says nothing
      #expect(parts.filter { $0.reduce(0, +) * step > 0.01 }.count > 1)
    }
  }

  /// Onto a uniform base the parts are π N(x; μ, σ) of the parameters, in the file's units.
  @Test func componentsAreGaussians() throws {
    var c = FlowConfiguration(columns: ["x"], flows: ["gmm"], base: "uniform")
    (c.components, c.shift, c.scale) = (2, [10], [2])
    let model = FlowDensity(c)
    model.visitParameters { name, p in
      if name.hasSuffix("bias") && p.shape == [6] {
        p.set([0, Float(log(3.0)), -1, 2, Float(log(0.5)), 0])
      }
    }
    let parts = FlowView(model).mixtureComponents([9, 14])
    func normal(_ x: Double, _ mean: Double, _ deviation: Double) -> Double {
      let e = (x - mean) / deviation
      return exp(-e * e / 2) / (deviation * (2 * Double.pi).squareRoot())
    }
    for (i, x) in [9.0, 14].enumerated() {
      #expect(abs(parts[0][i] - 0.25 * normal(x, 8, 1)) < 1e-6)
      #expect(abs(parts[1][i] - 0.75 * normal(x, 14, 2)) < 1e-6)
    }
    #expect(
      FlowView(FlowDensity(FlowConfiguration(columns: ["x"], flows: ["affine"])))
        .mixtureComponents([0]).isEmpty)
  }

  @Test func valuesOfTheContextAreChecked() {
    let c = model(["affine"], base: "normal").configuration
    #expect(c.problem(given: ["a": 1, "b": 3]) == nil)
    #expect(c.features(given: ["a": 6, "b": 3]) == [0.5, 0, 1])
    for (values, words) in [
      ([:], "conditional on a,"), (["a": 1], "conditional on b,"),
      (["a": 1, "b": 2], "it has seen 0, 3"), (["a": 1, "b": 3, "x": 0], "not conditional on x"),
    ] as [([String: Double], String)] {
      #expect(c.problem(given: values)?.contains(words) == true)
    }
  }

  /// Of a column of a few values the rows that have it; of another the nearest tenth.
  @Test func rowsAreThoseOfTheContext() throws {
    let c = model(["affine"], base: "normal").configuration
    let rows = 2000
    let values = (0..<rows).flatMap { n -> [Double] in
      [Double(n), Double(n % 1000), Double(3 * (n % 2))]
    }
    let table = Table(path: "t.csv", columns: ["x", "a", "b"], values: values)
    let chosen = try table.rows(given: ["a": 500, "b": 3], for: c)
    #expect(chosen.rows == 100 && Set(chosen.column(2)) == [3])
    #expect(chosen.column(1).allSatisfy { abs($0 - 500) <= 50 })
    #expect(chosen.column(0) == chosen.column(0).sorted(), "in their order")
    let error = #expect(throws: FileError.self) {
      try table.rows([0]).rows(given: ["a": 500, "b": 3], for: c)
    }
    #expect(error?.reason == "has no row with the values that are given")
  }
}
