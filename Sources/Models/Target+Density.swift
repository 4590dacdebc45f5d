import Foundation
import Tensors

extension Target {
  /// p̃ at rows of x, N·2 numbers; divided by its integral where that is known, so that it is a
  /// density.
  public func density(_ rows: [Double]) -> [Double] {
    precondition(rows.count % 2 == 0, "the last row is not whole")
    let x = Tensor(rows.map { Float($0) }, shape: [rows.count / 2, 2])
    return logDensity(Variable(x)).value.elements.map { exp(Double($0) - (logNormalizer ?? 0)) }
  }
}
