import Tensors

/// Space to depth: each block of H and W becomes channels, so that couplings can mix what lay
/// apart.
///
///     z[y, x, c·fh·fw + dy·fw + dx] = x[y·fh + dy, x·fw + dx, c]          log|det J| = 0
///
/// x: [N, H, W, C]; z: [N, H/fh, W/fw, C·fh·fw]. Dinh, Sohl-Dickstein & Bengio (2017), section 3.6.
public struct Squeeze: DoubleFlow {
  /// 2×2 for images; 1×2 for sound, which is an image one row high.
  public let factor: (height: Int, width: Int)

  /// A squeeze by these factors.
  public init(_ factor: (height: Int, width: Int)) { self.factor = factor }

  public func forward(_ x: Tensor) -> (z: Tensor, logDet: [Double], saved: Void) {
    (x.squeezed(by: factor), Array(repeating: 0, count: x.examples), ())
  }

  public func inverse(_ z: Tensor) -> Tensor { z.unsqueezed(by: factor) }

  public func forward(_ x: DoubleTensor) -> DoubleTensor { x.squeezed(by: factor) }
  public func inverse(_ z: DoubleTensor) -> DoubleTensor { z.unsqueezed(by: factor) }

  public func restore(_ z: Tensor, _ trace: Void) -> (x: Tensor, saved: Void) {
    (inverse(z), ())
  }

  public func backward(_ saved: Void, _ dz: Tensor, _ dLogDet: [Float]) -> Tensor {
    dz.unsqueezed(by: factor)
  }
}
