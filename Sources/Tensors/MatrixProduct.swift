import COneDNN

extension Tensor {
  /// The matrix product c = a · b of two tensors seen as rows × channels, either transposed first;
  /// with `spread`, c is laid out to be multiplied again.
  public static func product(
    _ a: Tensor, transposingA: Bool = false, _ b: Tensor, transposingB: Bool = false,
    spread: Bool = false
  ) -> Tensor {
    let shape = [transposingA ? a.channels : a.rows, transposingB ? b.rows : b.channels]
    let c = spread ? Tensor(spread: shape) : Tensor(uninitialized: shape)
    let flops = 2 * Double(shape[0]) * Double(shape[1]) * Double(transposingA ? a.rows : a.channels)
    Profile.measure(transposingA ? "product, weight gradient" : "product", flops: flops) {
      c.setProduct(a, transposingA: transposingA, b, transposingB: transposingB)
    }
    return c
  }

  /// Overwrites this with a · b, or adds that to it; only for tensors that nobody else reads. Inside
  /// a parallel loop it runs on the thread that calls it.
  func setProduct(
    _ a: Tensor, transposingA: Bool = false, _ b: Tensor, transposingB: Bool = false,
    adding: Bool = false
  ) {
    let (m, k) = transposingA ? (a.channels, a.rows) : (a.rows, a.channels)
    let (inner, n) = transposingB ? (b.channels, b.rows) : (b.rows, b.channels)
    precondition(
      k == inner && m == rows && n == channels, "\(a.shape) times \(b.shape) as \(shape)")
    let done = withExtendedLifetime((self, a, b)) {
      conednn_sgemm(
        transposingA, transposingB, m, n, k, a.pointer, a.stride, b.pointer, b.stride, pointer,
        stride, adding)
    }
    precondition(done, "oneDNN refused a product of \(m)×\(k)×\(n)")
  }
}

/// The version of the oneDNN library in use.
public var oneDNNVersion: String { String(cString: conednn_version()) }
