import Flows
import Media
import Models
import Tensors
import Training

let table = try Table(reading: "data/moons.csv")
let (test, rest) = (table.rows(0..<1000), table.rows(1000..<table.rows))
let flows: [any Flow] = (0..<3).flatMap { i -> [any Flow] in
  let random = RandomStream(seed: 1, .parameters, i)
  let spline = Transformer.spline(bins: 8, bound: 4)
  return [
    Autoregressive(columns: 2, transformer: spline, hidden: [64, 64], random: random),
    Permutation([1, 0]),
  ]
}
let density = try FlowDensity(base: NormalBase(columns: 2), flows: flows, standardizing: rest)
try density.fit(rest, steps: 1000)

let nats = try density.logDensity(test)
print(nats.reduce(0, +) / Double(nats.count), "nats a row")
try density.sample(1000, seed: 1).write(to: "new.csv")
