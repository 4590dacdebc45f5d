// A flow of one's own: `Bend` says its forward and its inverse; the tape finds the gradients.
import Flows
import Foundation
import Media
import Models
import Tensors
import Training

/// Ends the program with a line if what was promised does not hold.
func require(_ holds: Bool, _ promise: String) {
  guard !holds else { return }
  print("not so:", promise)
  exit(1)
}

// Rows whose columns are Gumbel's: skewed, of an entropy that is known, 1 + Euler's constant each.
let uniform = RandomStream(seed: 1, .samples).uniform([6000, 2]).elements
let values = uniform.map { -log(-log(max(Double($0), 1e-9))) }
let table = Table(path: "gumbel", columns: ["x", "y"], values: values)
let (test, rest) = (table.rows(0..<2000), table.rows(2000..<6000))
let entropy = 2 * (1 + 0.577_215_664_9)

// Bends among other flows.
let bends = (0..<4).map { _ in Bend() }
let flows =
  bends.flatMap { bend -> [any Flow] in
    [Elementwise(columns: 2, transformer: .affine), bend]
  } + [Whitening(columns: 2)]
let density = try FlowDensity(base: NormalBase(columns: 2), flows: flows, standardizing: rest)

// The gradient of the first bend's parameter, beside a difference of log-likelihoods.
let parameter = bends[0].coefficients[0].variable.parameter
parameter?.set([0.3, -0.2])
let rows = try FlowRows(test, for: density.configuration)
  .rows(0..<500, noise: RandomStream(seed: 0, .noise))
_ = density.addGradients(rows.x, weight: 1)
let gradient = Double(parameter?.gradient.elements[0] ?? .nan)
let step: Float = 1e-2
let sides = [0.3 + step, 0.3 - step].map { skew in
  parameter?.set([skew, -0.2])
  return density.logLikelihood(rows.x).reduce(0, +)
}
let difference = (sides[0] - sides[1]) / (2 * Double(step))
print("gradient", gradient, "by the tape,", difference, "by a difference")
require(abs(gradient - difference) < 1e-2 * abs(difference), "both are the same")
parameter?.clearGradient()
parameter?.set([0, 0])

// Fitted and scored as any other.
try density.fit(rest, steps: 1500)
let nats = try density.logDensity(test)
let mean = nats.reduce(0, +) / Double(nats.count)
let gaussian = -log(2 * Double.pi * M_E * Double.pi * Double.pi / 6)
print("log p", mean, "nats a row; the best Gaussian's is", gaussian, "and the truth's", -entropy)
require(mean > -entropy - 0.1, "it comes within 0.1 nats of the truth")

// And its inverse undoes it.
let z = density.encode(rows.x).z
let worst = zip(density.decode(z).elements, rows.x.elements).map { abs($0 - $1) }.max() ?? .nan
print("forward and back again", worst, "off")
require(worst < 1e-4, "the inverse undoes the forward")
