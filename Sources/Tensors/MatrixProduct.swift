import CKernels
import COneDNN

extension Tensor {
  /// The matrix product of two tensors of one format seen as rows × channels, either transposed
  /// first, summed in float32, and what may follow it:
  ///
  ///     c = max(a · b + bias, 0)          without the maximum unless `rectified`
  ///
  /// With `spread`, c is laid out to be multiplied again. Where the processor doesn't multiply
  /// bfloat16, such operands are widened first: the same products, at float32's speed.
  public static func product(
    _ a: Tensor, transposingA: Bool = false, _ b: Tensor, transposingB: Bool = false,
    bias: Tensor? = nil, relu: Bool = false, spread: Bool = false,
    as precision: Precision = .float32
  ) -> Tensor {
    precondition(bias != nil || !relu, "a ReLU follows a bias")
    let shape = [transposingA ? a.channels : a.rows, transposingB ? b.rows : b.channels]
    let c =
      spread
      ? Tensor(spread: shape, as: precision, of: a.precision)
      : Tensor(uninitialized: shape, as: precision)
    if a.precision == .bfloat16, Precision.fastest == .bfloat16,
      c.multiply(a, transposingA, b, transposingB, bias, relu)
    {
      return c
    }
    let sum = precision == .float32 ? c : Tensor(spread: shape)
    let (wideA, wideB) = (a.converted(to: .float32), b.converted(to: .float32))
    sum.setProduct(wideA, transposingA: transposingA, wideB, transposingB: transposingB)
    if let bias { sum.add(bias: bias, relu: relu) }
    if precision != .float32 { c.set(converting: sum) }
    return c
  }

  /// Overwrites this with a · b, or adds that to it, all in float32; only for tensors that nobody
  /// else reads. Inside a parallel loop it runs on the thread that calls it.
  func setProduct(
    _ a: Tensor, transposingA: Bool = false, _ b: Tensor, transposingB: Bool = false,
    adding: Bool = false
  ) {
    let (m, n, k) = productSize(a, transposingA, b, transposingB)
    let done = measureProduct(transposingA, m, n, k) {
      conednn_sgemm(
        transposingA, transposingB, m, n, k, a.pointer, a.stride, b.pointer, b.stride, pointer,
        stride, adding)
    }
    precondition(done, "oneDNN refused a product of \(m)×\(k)×\(n)")
  }

  /// Overwrites this with a · b of bfloat16 operands; only for tensors that nobody else reads.
  /// Inside a parallel loop it runs on the thread that calls it.
  func setNarrowProduct(_ a: Tensor, _ b: Tensor, transposingB: Bool = false) {
    if Precision.fastest == .bfloat16, multiply(a, false, b, transposingB, nil, false) { return }
    setProduct(a.converted(to: .float32), b.converted(to: .float32), transposingB: transposingB)
  }

  /// Overwrites this with a · b and what follows, in one pass over memory; only for tensors that
  /// nobody else reads. False where the library has no such product.
  func multiply(
    _ a: Tensor, _ transposingA: Bool, _ b: Tensor, _ transposingB: Bool, _ bias: Tensor?,
    _ relu: Bool
  ) -> Bool {
    precondition(a.precision == b.precision)
    let (m, n, k) = productSize(a, transposingA, b, transposingB)
    let product = conednn_product(
      transpose_a: transposingA, transpose_b: transposingB, m: m, n: n, k: k, lda: a.stride,
      ldb: b.stride, ldc: stride, narrow_operands: a.precision == .bfloat16,
      narrow_result: precision == .bfloat16, has_bias: bias != nil, rectify: relu)
    return measureProduct(transposingA, m, n, k) {
      conednn_multiply(
        product, glow_threads(), a.rawPointer, b.rawPointer, bias?.pointer, rawPointer)
    }
  }

  private func measureProduct(
    _ transposingA: Bool, _ m: Int, _ n: Int, _ k: Int, _ body: () -> Bool
  ) -> Bool {
    Profile.measure(
      transposingA ? "product, weight gradient" : "product",
      flops: 2 * Double(m) * Double(n) * Double(k), body)
  }

  private func productSize(
    _ a: Tensor, _ transposingA: Bool, _ b: Tensor, _ transposingB: Bool
  ) -> (m: Int, n: Int, k: Int) {
    let (m, k) = transposingA ? (a.channels, a.rows) : (a.rows, a.channels)
    let (inner, n) = transposingB ? (b.channels, b.rows) : (b.rows, b.channels)
    precondition(
      k == inner && m == rows && n == channels, "\(a.shape) times \(b.shape) as \(shape)")
    return (m, n, k)
  }

  /// x = max(x + bias, 0), without the maximum unless `rectified`, in place; only for tensors that
  /// nobody else reads.
  func add(bias: Tensor, relu: Bool) {
    Profile.measure("bias and rectifier") {
      ThreadPool.forEach(rows, grain: ThreadPool.grain(channels)) {
        glow_bias(
          pointer, stride, bias.pointer, relu, channels, $0.lowerBound, $0.upperBound)
      }
    }
  }
}

/// The version of the oneDNN library in use.
public var oneDNNVersion: String { String(cString: conednn_version()) }
