import Flows
import Foundation
import Media
import Models
import Tensors
import Testing
import Training

/// A table fitted, scored and drawn again by a base and a list of flows.
@Suite struct FlowFitTests {
  private let means = [3.0, -40]
  private let deviations = [2.0, 5]
  private let correlation = 0.8

  /// Rows of a Gaussian with correlated columns.
  private func gaussian(_ rows: Int, seed: UInt64, scale: Double = 1) -> Table {
    let noise = RandomStream(seed: seed, .samples).normal([rows, 2]).elements.map(Double.init)
    let values = (0..<rows).flatMap { n -> [Double] in
      let (a, b) = (noise[2 * n], noise[2 * n + 1])
      let c = correlation * a + (1 - correlation * correlation).squareRoot() * b
      return [(means[0] + deviations[0] * a) * scale, means[1] + deviations[1] * c]
    }
    return Table(path: "gaussian", columns: ["a", "b"], values: values)
  }

  private func model(of table: Table) throws -> FlowDensity {
    let net = Autoregressive(
      columns: 2, transformer: .affine, hidden: [16],
      random: RandomStream(seed: 1, .parameters))
    return try FlowDensity(base: NormalBase(columns: 2), flows: [net], standardizing: table)
  }

  private func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }

  @Test func aGaussianIsFoundInItsOwnUnits() throws {
    let (table, test) = (gaussian(4000, seed: 1), gaussian(20_000, seed: 2))
    let density = try model(of: table)
    var last: Trainer.Step?
    try density.fit(table, steps: 300) { last = $0 }
    #expect(last?.iteration == 300)
    let scores = try density.logDensity(test)
    let entropy =
      log(2 * Double.pi) + 1 + log(deviations[0] * deviations[1])
      + 0.5 * log(1 - correlation * correlation)
    #expect(scores.count == 20_000 && abs(mean(scores) + entropy) < 0.05, "\(mean(scores))")

    let wide = gaussian(4000, seed: 1, scale: 1000)
    let other = try model(of: wide)
    try other.fit(wide, steps: 300)
    let wideScores = try other.logDensity(gaussian(20_000, seed: 2, scale: 1000))
    #expect(abs(mean(wideScores) - mean(scores) + log(1000)) < 1e-3)

    let drawn = try density.sample(10_000, seed: 3)
    #expect(drawn.columns == ["a", "b"] && drawn.rows == 10_000)
    for column in 0..<2 {
      let error = deviations[column] * (1.0 / 10_000 + 1.0 / 4000).squareRoot()
      let (drawn, own) = (mean(drawn.column(column)), mean(table.column(column)))
      #expect(abs(drawn - own) < 4 * error, "\(drawn), \(own)")
    }
    #expect(try density.sample(7, seed: 3).values.elementsEqual(drawn.values.prefix(14)))
  }

  /// Of few rows too much is learned; with a validation the best of the way is kept.
  @Test func aValidationKeepsTheBest() throws {
    let (table, held) = (gaussian(24, seed: 1), gaussian(2000, seed: 2))
    var options = TrainingOptions.forTables
    (options.batch, options.learningRate, options.evaluateEvery) = (24, 0.02, 10)
    let scores = try [held, nil].map { validation in
      let density = FlowDensity(
        base: NormalBase(columns: 2),
        flows: (0..<2).flatMap { i -> [any Flow] in
          let random = RandomStream(seed: 1, .parameters, i)
          return [
            Autoregressive(
              columns: 2, transformer: .spline(bins: 8, bound: 4), hidden: [32], random: random),
            Permutation([1, 0]),
          ]
        }, columns: table.columns, shift: means, scale: deviations)
      try density.fit(table, validation: validation, steps: 300, options: options)
      return mean(try density.logDensity(held))
    }
    #expect(scores[0] > scores[1] + 0.5, "\(scores)")
  }

  /// Two columns of classes, and a Gaussian for each pair of theirs.
  @Test(arguments: ["learned-normal", "mixture(1)"]) func aBaseForEachClass(_ base: String) throws {
    let centers = [[-1.0, 1], [1, 0.5], [0, 2], [2, 0.5]]
    let noise = RandomStream(seed: 1, .samples).normal([2000]).elements
    let rows = (0..<2000).flatMap { n -> [Double] in
      [
        centers[n % 4][0] + centers[n % 4][1] * Double(noise[n]), Double(n % 4 / 2),
        Double(7 + n % 2),
      ]
    }
    let table = Table(path: "classes", columns: ["x", "a", "b"], values: rows)
    var c = FlowConfiguration(columns: ["x"], flows: [], base: base)
    c.context = [.init(name: "a", values: [0, 1]), .init(name: "b", values: [7, 8])]
    c.hasBasePerClass = true
    let density = FlowDensity(c)
    var options = TrainingOptions.forTables
    (options.learningRate, options.averageDecay) = (0.05, 0.95)
    try density.fit(table, steps: 250, options: options)
    let truth = centers.map { -0.5 - log($0[1]) - 0.5 * log(2 * Double.pi) }
    let scores = try density.logDensity(table)
    #expect(abs(mean(scores) - mean(truth)) < 0.05, "\(mean(scores)), \(mean(truth))")
    for (i, center) in centers.enumerated() {
      let given = ["a": Double(i / 2), "b": Double(7 + i % 2)]
      let view = FlowView(density, given: given)
      #expect(abs(mean(view.samples(2000, seed: 1)) - center[0]) < 0.1)
      #expect(abs(mean(view.baseSamples(2000, seed: 1)) - center[0]) < 0.1)
      let peak = exp(-log(center[1]) - 0.5 * log(2 * Double.pi))
      #expect(abs(view.baseDensity([center[0]])[0] / peak - 1) < 0.15)
    }
  }

  @Test func whatATableLacksIsSaid() throws {
    let table = gaussian(10, seed: 1)
    let density = FlowDensity(base: NormalBase(columns: 2), flows: [])
    let missing = #expect(throws: FileError.self) { try density.fit(table, steps: 1) }
    #expect(missing?.reason.contains("has no column \"x1\"") == true)
    let flat = Table(path: "flat.csv", columns: ["a", "b"], values: [1, 2, 1, 3])
    let constant = #expect(throws: FileError.self) { try model(of: flat) }
    #expect(constant?.reason == "column a has one value only")
  }
}
