import Tensors
import Flows
import Foundation
let c = GlowConfiguration(height: 32, width: 32, channels: 3, levels: 3, steps: 32, hidden: 512)
let g = Glow(c, seed: 1)
let x = RandomStream(seed: 3, .noise).uniform([16, 32, 32, 3])
g.initialize(from: x)
func now() -> Double { Double(DispatchTime.now().uptimeNanoseconds) * 1e-9 }
for m in [Glow.Memory.store, .recompute] { for _ in 0..<4 {
  let t = now()
  let r = g.addGradients(x, weight: c.lossWeight(count: 16), memory: m)
  let s = now() - t
  print(m, s, 3 * c.flops * 16 / s / 1e9, "GFLOP/s", r.drift, c.bitsPerDimension(r.logLikelihood[0]))
}}
for _ in 0..<3 { let t = now(); _ = g.sample(0..<16, temperature: 0.7, random: RandomStream(seed: 1, .samples)); print("sample", now() - t) }
for _ in 0..<3 { let t = now(); _ = g.encode(x); print("encode", now() - t) }
