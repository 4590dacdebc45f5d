import CKernels

/// Matrices, one an example: the shape is [count, rows, columns].
extension Variable {
  /// The products of matrices with matrices, example by example, one operand transposed first:
  ///
  ///     c[n] = op(a[n]) · op(b[n])          [count, m, n]
  public static func products(
    _ a: Variable, transposingA: Bool = false, _ b: Variable, transposingB: Bool = false
  ) -> Variable {
    let (x, y) = (a.value, b.value)
    let z = Tensor.products(x, transposingA: transposingA, y, transposingB: transposingB)
    return Variable(z, of: [a, b]) { d, _ in
      // of c = a·b: da = dc·bᵀ, db = aᵀ·dc; of c = aᵀ·b: da = b·dcᵀ, db = a·dc; of c = a·bᵀ: da =
      // dc·b, db = dcᵀ·a
      let d = d.contiguous().reshaped(z.shape)
      let da =
        !a.isTracked
        ? nil
        : transposingA
          ? Tensor.products(y, d, transposingB: true)
          : Tensor.products(d, y, transposingB: !transposingB)
      let db =
        !b.isTracked
        ? nil
        : transposingB
          ? Tensor.products(d, transposingA: true, x)
          : Tensor.products(x, transposingA: !transposingA, d)
      return [da, db]
    }
  }

  /// The products of rows with matrices, row by row, [N, m]:
  ///
  ///     y[n] = x[n] · M[n]          or x[n] · M[n]ᵀ
  ///
  /// x: [N, k]; M: [N, k, m], or [1, k, m] for all rows, or their transposes.
  public func times(_ matrices: Variable, transposed: Bool = false) -> Variable {
    let shape = matrices.value.shape
    let (count, m) = (shape[0], shape[transposed ? 1 : 2])
    if count == 1 {
      let matrix = matrices.reshaped([shape[1], shape[2]])
      return .product(self, matrix, transposingB: transposed)
    }
    precondition(count == rows || rows == 1, "\(rows) rows times \(shape)")
    let x = (rows == count ? self : repeated(count)).reshaped([count, 1, columns])
    return Variable.products(x, matrices, transposingB: transposed).reshaped([count, m])
  }
}

extension Tensor {
  fileprivate static func products(
    _ a: Tensor, transposingA: Bool = false, _ b: Tensor, transposingB: Bool = false
  ) -> Tensor {
    precondition(!(transposingA && transposingB) && a.shape.count == 3 && b.shape.count == 3)
    let (m, k) = transposingA ? (a.shape[2], a.shape[1]) : (a.shape[1], a.shape[2])
    let (inner, n) = transposingB ? (b.shape[2], b.shape[1]) : (b.shape[1], b.shape[2])
    let count = a.shape[0]
    precondition(k == inner && b.shape[0] == count, "\(a.shape) times \(b.shape)")
    if count == 1 {
      return product(
        a.contiguous(), transposingA: transposingA, b.contiguous(), transposingB: transposingB
      ).reshaped([1, m, n])
    }
    let (x, y, out) = (a.contiguous(), b.contiguous(), Tensor(uninitialized: [count, m, n]))
    Profile.measure("small products", flops: 2 * Double(count * m * n * k)) {
      ThreadPool.forEach(count, grain: max(1, 65_536 / max(1, m * n * k))) {
        glow_batch_product(
          out.pointer, x.pointer, transposingA, y.pointer, transposingB, m, n, k, $0.lowerBound,
          $0.upperBound)
      }
    }
    return out
  }
}
