import Tensors

/// A flow that also runs in double: what the flow of sounds is made of, whose loud samples, sixty
/// deviations from most, float32 rounds by half a 16-bit step on the way there and back.
///
/// Only what is inverted is in double. Nets take their input rounded to float32, which is nearly
/// always the same number on the way there and back.
public protocol DoubleFlow: Flow {
  /// z = f(x).
  func forward(_ x: DoubleTensor) -> DoubleTensor
  /// x = f⁻¹(z).
  func inverse(_ z: DoubleTensor) -> DoubleTensor
}

extension DoubleTensor {
  /// The first half of the channels.
  package var firstHalf: DoubleTensor { channels(0..<channels / 2) }
  /// The second half of the channels.
  package var secondHalf: DoubleTensor { channels(channels / 2..<channels) }
}

extension CouplingNet {
  /// What the net makes of x, rounded.
  func parameters(of x: DoubleTensor) -> Tensor {
    let x = x.rounded
    return forward(rounded(x) ?? x).h
  }
}
