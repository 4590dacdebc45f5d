import Flows
import Tensors

/// z = x + a√(1 + x²), a = tanh(skew): slopes of 1 − a far below zero and 1 + a far above.
struct Bend: TapedFlow {
  let skew = Variable(Parameter(zeros: [1, 2]))
  var coefficients: [(name: String, variable: Variable)] { [("skew", skew)] }

  func forward(_ x: Variable) -> (z: Variable, logDet: Variable) {
    let (a, root) = (skew.tanh(), (x.square() + 1).squareRoot())
    return (x + a * root, (a * x / root).log1p().rowSums())
  }

  func inverse(_ z: Tensor) -> Tensor {
    let (z, a) = (Variable(z), skew.tanh())
    let rest = 1 - a.square()
    return ((z - a * (z.square() + rest).squareRoot()) / rest).value
  }
}
