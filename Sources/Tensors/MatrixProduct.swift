import COneDNN

extension Tensor {
  /// The matrix product c = a · b of two tensors seen as rows × channels, either transposed first;
  /// with `spread`, c is laid out to be multiplied again.
  public static func product(
    _ a: Tensor, transposingA: Bool = false, _ b: Tensor, transposingB: Bool = false,
    spread: Bool = false
  ) -> Tensor {
    let (m, k) = transposingA ? (a.channels, a.rows) : (a.rows, a.channels)
    let (inner, n) = transposingB ? (b.channels, b.rows) : (b.rows, b.channels)
    precondition(k == inner, "\(a.shape) times \(b.shape)")
    let c = spread ? Tensor(spread: [m, n]) : Tensor(uninitialized: [m, n])
    let done = withExtendedLifetime((a, b)) {
      conednn_sgemm(
        transposingA, transposingB, m, n, k, a.pointer, a.stride, b.pointer, b.stride,
        c.pointer, c.stride)
    }
    precondition(done, "oneDNN refused a product of \(m)×\(k)×\(n)")
    return c
  }
}

/// The version of the oneDNN library in use.
public var oneDNNVersion: String { String(cString: conednn_version()) }
