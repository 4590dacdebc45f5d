import CFourier
import Foundation

/// The discrete Fourier transform of so many real numbers; used by one thread at a time.
final class Fourier {
  let size: Int
  private let plan: OpaquePointer

  /// A transform of an even number of numbers.
  init(size: Int) {
    precondition(size >= 2 && size % 2 == 0, "a transform of an even number of numbers")
    guard let plan = cfourier_make(size) else { preconditionFailure("no memory for \(size)") }
    (self.size, self.plan) = (size, plan)
  }

  deinit { cfourier_free(plan) }

  /// How many complex numbers a spectrum has.
  var bins: Int { size / 2 + 1 }

  /// X[k] = Σ x[n] exp(−2πi nk / size), k from 0 to size/2, real and imaginary part by turns.
  func forward(_ x: [Double], into spectrum: inout [Double]) {
    precondition(x.count == size && spectrum.count == 2 * bins)
    cfourier_forward(plan, x, &spectrum)
  }

  /// x, from what `forward` gave.
  func inverse(_ spectrum: [Double], into x: inout [Double]) {
    precondition(x.count == size && spectrum.count == 2 * bins)
    cfourier_inverse(plan, spectrum, &x)
  }

  /// The window of Hann, periodic: (1 − cos(2πn / size)) / 2.
  static func hann(_ size: Int) -> [Double] {
    (0..<size).map { 0.5 - 0.5 * cos(2 * .pi * Double($0) / Double(size)) }
  }
}
