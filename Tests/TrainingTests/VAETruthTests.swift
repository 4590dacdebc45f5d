import Foundation
import Media
import Models
import Tensors
import Testing
import Training

/// A VAE whose truth is known: x = Wz + b + 0.5·noise, so that p(x) is N(b, WWᵀ + I/4) and p(z|x)
/// is N(m, Λ⁻¹) with Λ = I + 4WᵀW and m = Λ⁻¹Wᵀ(x − b)·4. Two latents, three columns.
@Suite struct VAETruthTests {
  static let w = [[1.0, 0.9], [-0.5, -0.7], [0.8, 0.6]]
  static let b = [0.3, -1, 0.5]
  static let scale = [2.0, 1, 0.25]  // of the columns as they are in the file
  static let rows = [[0.5, -1.5, 1], [-2, 0, -0.5], [1.5, -2.5, 2.5]]

  /// Λ: a, c on the diagonal and b beside it.
  static let precision: (a: Double, b: Double, c: Double) = {
    func dot(_ i: Int, _ j: Int) -> Double { w.reduce(0) { $0 + 4 * $1[i] * $1[j] } }
    return (1 + dot(0, 0), dot(0, 1), 1 + dot(1, 1))
  }()
  static var determinant: Double { precision.a * precision.c - precision.b * precision.b }

  /// KL(q ‖ p(z|x)) of the best Gaussian without correlation: ½(Σ log Λ_ii − log det Λ).
  static var gap: Double { 0.5 * log(precision.a * precision.c / determinant) }

  /// Of m = Mx + c the rows (M_i, c_i).
  static let means: [[Double]] = {
    let (p, d) = (precision, determinant)
    let inverse = [[p.c / d, -p.b / d], [-p.b / d, p.a / d]]
    return (0..<2).map { i in
      let m = (0..<3).map { 4 * (inverse[i][0] * w[$0][0] + inverse[i][1] * w[$0][1]) }
      return m + [-zip(m, b).reduce(0) { $0 + $1.0 * $1.1 }]
    }
  }()

  /// log p(x), by det(WWᵀ + I/4) = det Λ / 4³ and (WWᵀ + I/4)⁻¹ = 4(I − WΛ⁻¹Wᵀ·4).
  static let truth: [Double] = rows.map { x in
    let off = zip(x, b).map { $0 - $1 }
    let along = (0..<2).map { j in (0..<3).reduce(0) { $0 + 4 * w[$1][j] * off[$1] } }
    let m = means.map { m in (0..<3).reduce(m[3]) { $0 + m[$1] * x[$1] } }
    let squares = off.reduce(0) { $0 + 4 * $1 * $1 } - along[0] * m[0] - along[1] * m[1]
    let logDet = log(determinant) - 3 * log(4.0)
    let jacobian = -scale.reduce(0) { $0 + log($1) }
    return -0.5 * (squares + logDet + 3 * log(2 * Double.pi)) + jacobian
  }

  static let x = Tensor(rows.joined().map(Float.init), shape: [3, 3])

  /// The decoder as it is, and a posterior with flows yet to be set.
  static func vae(_ posterior: PosteriorName, flows: Int) -> (VAE, [String: Parameter]) {
    var c = VAEConfiguration(columns: ["a", "b", "c"])
    (c.latent, c.posterior, c.flows, c.vectors) = (2, posterior, flows, 2)
    (c.hidden, c.flowHidden, c.scale) = ([], [4], scale)
    let vae = VAE(c, seed: 1)
    var parameters: [String: Parameter] = [:]
    vae.visitParameters { parameters[$0] = $1 }
    let logDeviation = 5 * atanh(log(0.5) / 5)
    set(parameters, "decoder.last", w + Array(repeating: [0, 0], count: 3))
    parameters["decoder.last.bias"]?.set(
      (b + Array(repeating: logDeviation, count: 3)).map(Float.init))
    return (vae, parameters)
  }

  static func set(_ parameters: [String: Parameter], _ name: String, _ weight: [[Double]]) {
    parameters[name + ".weight"]?.set(weight.joined().map(Float.init))
  }

  /// The Gaussian of these variances around the posterior's mean.
  static func set(_ parameters: [String: Parameter], variances: [Double]) {
    set(parameters, "posterior.mean", means.map { Array($0[0..<3]) })
    parameters["posterior.mean.bias"]?.set(means.map { Float($0[3]) })
    parameters["posterior.deviation.weight"]?.clear()
    parameters["posterior.deviation.bias"]?.set(
      variances.map { Float(log(exp($0.squareRoot() - 1e-6) - 1)) })
  }

  /// The bound with the best Gaussian is below log p(x) by what is known.
  @Test func gapOfAGaussian() {
    let (vae, parameters) = Self.vae(.gaussian, flows: 0)
    Self.set(parameters, variances: [1 / Self.precision.a, 1 / Self.precision.c])
    for n in 0..<3 {
      let (mean, error) = Self.mean(Self.weights(vae, n))
      #expect(abs(mean + Self.gap - Self.truth[n]) < 4 * error, "\(mean) ± \(error)")
      #expect(error < 0.05 * Self.gap)
    }
  }

  /// Importance weights give log p(x) within the standard error of their mean, by a posterior of
  /// the right variances and by a wider one, neither with the correlation.
  @Test(arguments: [1.0, 2]) func importanceWeightsGiveTheLikelihood(_ factor: Double) throws {
    let (vae, parameters) = Self.vae(.gaussian, flows: 0)
    let (p, d) = (Self.precision, Self.determinant)
    Self.set(parameters, variances: [factor * p.c / d, factor * p.a / d])
    let values = Self.rows.flatMap { zip($0, Self.scale).map { $0 * $1 } }
    let table = Table(path: "t", columns: ["a", "b", "c"], values: values)
    var scores = ImportanceScores(
      of: vae, on: try VAEExamples(table, for: vae.configuration), draws: 4000)
    try scores.score(0..<3)
    for score in scores.scores {
      let n = score.place
      let (mean, error) = Self.mean(Self.weights(vae, n).map { exp($0 - Self.truth[n]) })
      #expect(abs(score.nll + Self.truth[n]) < 4 * error / mean, "\(score) ± \(error)")
      #expect(error < 0.05)
    }
    // what is written of the first draws is what the bound says of them
    let folder = TemporaryDirectory("truth")
    let path = folder.path + "/record.safetensors"
    try scores.writeRecord(to: path)
    let file = try Safetensors(reading: path)
    let noise = Tensor(try file.floats("noise"), shape: [3, 2])
    let bound = vae.elbo(Tensor(try file.floats("x"), shape: [3, 3]), noise: noise)
    for (name, term) in [
      ("log_p_x_given_z", bound.logLikelihood), ("log_p_z", bound.logPrior),
      ("log_q_z", bound.logPosterior),
    ] {
      let written: [Double] = try file.values(name)
      #expect(zip(term, written).allSatisfy { abs($0 - $1) < 1e-4 }, "\(name)")
    }
  }

  static func weights(_ vae: VAE, _ row: Int) -> [Double] {
    let noise = RandomStream(seed: 5, .samples, row).normal([4000, 2])
    return vae.importanceWeights(x.examples(row..<row + 1), noise: noise)
  }

  /// An inverse autoregressive flow can be p(z|x): then every draw gives log p(x).
  @Test func everyDrawIsExact() {
    let (vae, parameters) = Self.vae(.iaf, flows: 1)
    let (p, d, m) = (Self.precision, Self.determinant, Self.means[0])
    // z₂ given z₁ has the variance 1/Λ₂₂, and its mean goes along with z₁
    let slope = -p.b / p.c
    Self.set(parameters, variances: [p.c / d, 1 / p.c])
    // of the hidden units the second and fourth see z₁: both signs of z₁ − m₁
    let along = m[0..<3].map { -$0 } + [1, 0]
    let none = [0.0, 0, 0, 0, 0]
    Self.set(
      parameters, "posterior.flows.0.layer1", [none, along, none, along.map { -$0 }])
    parameters["posterior.flows.0.layer1.bias"]?.set([0, Float(-m[3]), 0, Float(m[3])])
    let unused = [0.0, 0, 0, 0]
    Self.set(
      parameters, "posterior.flows.0.layer2", [unused, unused, [0, -slope, 0, slope], unused])
    for seed: UInt64 in 0..<20 {
      let noise = RandomStream(seed: seed, .samples).normal([3, 2])
      for (value, truth) in zip(vae.elbo(Self.x, noise: noise).values, Self.truth) {
        #expect(abs(value - truth) < 1e-4, "\(value), \(truth)")
      }
    }
  }

  /// Learning closes the gap the more, the more flows there are; without any it comes to the known
  /// size.
  @Test func flowsCloseTheGap() {
    let gaps = [0, 1, 4].map { Self.learned($0) }
    #expect(gaps[0] > 0.97 * Self.gap && gaps[0] < 1.15 * Self.gap, "\(gaps) of \(Self.gap)")
    #expect(gaps[1] < 0.4 * Self.gap && gaps[2] < 0.15 * Self.gap, "\(gaps) of \(Self.gap)")
  }

  /// The mean gap of a posterior with so many flows, learned on draws of the model.
  static func learned(_ flows: Int) -> Double {
    let (vae, _) = vae(.planar, flows: flows)
    var options = TrainingOptions()
    options.averageDecay = 0.98
    let optimizer = Optimizer(options) { body in
      vae.visitParameters { if $0.hasPrefix("posterior") { body($0, $1) } }
    }
    func draws(_ index: Int, _ count: Int) -> (x: Tensor, noise: Tensor) {
      let random = RandomStream(seed: 3, .samples, index)
      let z = random.normal([count, 2], from: 0)
      return (vae.draw(z, random, from: 1 << 20), random.normal([count, 2], from: 1 << 24))
    }
    for step in 0..<200 {
      let (x, noise) = draws(step, 64)
      _ = vae.addGradients(x, noise: noise, klWeight: 1, freeBits: -.infinity, weight: -1 / 64)
      optimizer.step(step, rate: 0.03 * min(1, Float(200 - step) / 100))
    }
    return optimizer.withEMA {
      let total = rows.indices.reduce(0.0) { sum, n in
        sum + truth[n] - mean(weights(vae, n)).mean
      }
      return total / Double(rows.count)
    }
  }

  static func mean(_ values: [Double]) -> (mean: Double, error: Double) {
    let (count, mean) = (Double(values.count), values.reduce(0, +) / Double(values.count))
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, (squares / (count - 1) / count).squareRoot())
  }
}
