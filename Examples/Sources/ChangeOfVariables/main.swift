// The change of variables by the map z = 5x − 2 onto a normal base, drawn to affine.png: p(x), the
// map, and p(z), with the mass of one interval followed through.
import Flows
import Foundation
import Models
import Plots
import Tensors

struct Line: TapedFlow {
  func forward(_ x: Variable) -> (z: Variable, logDet: Variable) {
    (5 * x - 2, Variable(Float(log(5.0))))
  }
  func inverse(_ z: Tensor) -> Tensor { ((Variable(z) + 2) / 5).value }
}

let view = FlowView(FlowDensity(base: NormalBase(columns: 1), flows: [Line()]))
let (x, z) = (Curve.places(-0.3...1.1, 701), Curve.places(-3.5...3.5, 701))
try Figure.changeOfVariables(
  map: Curve(x: x, y: view.latents(x)), density: Curve(x: x, y: view.density(x)),
  base: Curve(x: z, y: view.baseDensity(z)), interval: 0.3...0.6, title: "z = 5x − 2"
).write(to: "affine.png", pixelsPerPoint: 1.5)
