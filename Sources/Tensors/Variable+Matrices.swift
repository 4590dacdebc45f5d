/// Products, sums and rearrangements, each with its derivative.
extension Variable {
  /// The matrix product, either operand transposed first.
  public static func product(
    _ a: Variable, transposingA: Bool = false, _ b: Variable, transposingB: Bool = false
  ) -> Variable {
    let z = Tensor.smallProduct(
      a.value, transposingA: transposingA, b.value, transposingB: transposingB)
    return Variable(z, of: [a, b]) { d, _ in
      let (x, y) = (a.value, b.value)
      // of c = a·b: da = dc·bᵀ, db = aᵀ·dc; of a transposed operand the transposed gradient
      let da =
        !a.isTracked
        ? nil
        : transposingA
          ? Tensor.smallProduct(y, transposingA: transposingB, d, transposingB: true)
          : Tensor.smallProduct(d, y, transposingB: !transposingB)
      let db =
        !b.isTracked
        ? nil
        : transposingB
          ? Tensor.smallProduct(d, transposingA: true, x, transposingB: transposingA)
          : Tensor.smallProduct(x, transposingA: !transposingA, d)
      return [da?.reshaped(x.shape), db?.reshaped(y.shape)]
    }
  }

  /// Σ over each row, [rows, 1].
  public func rowSums() -> Variable {
    Variable(value.rowSums(), of: [self]) { [value] d, _ in
      [Tensor(repeating: 0, shape: value.shape).combined(.add, d)]
    }
  }

  /// Σ over each column, [1, columns].
  public func columnSums() -> Variable {
    Variable(value.summed(to: [1, columns]), of: [self]) { [value] d, _ in
      [Tensor(repeating: 0, shape: value.shape).combined(.add, d)]
    }
  }

  /// log Σ exp over each row, [rows, 1], without overflow.
  public func logSumExp() -> Variable {
    let c = columns
    let elements = value.elements
    let largest = (0..<rows).map { row -> Float in
      let most = elements[row * c..<(row + 1) * c].max() ?? 0
      return most.isFinite ? most : 0
    }
    let shift = Variable(Tensor(largest, shape: [rows, 1]))
    return (self - shift).exp().rowSums().log() + shift
  }

  /// This row so many times, [count, columns].
  public func repeated(_ count: Int) -> Variable {
    precondition(rows == 1)
    return Variable(Tensor(repeating: 0, shape: [count, columns])) + self
  }

  /// The same elements, row by row, under another shape.
  public func reshaped(_ shape: [Int]) -> Variable {
    Variable(value.contiguous().reshaped(shape), of: [self]) { [value] d, _ in
      [d.contiguous().reshaped(value.shape)]
    }
  }

  /// These columns.
  public func columns(_ range: Range<Int>) -> Variable {
    Variable(value.channels(range), of: [self]) { [value] d, _ in
      let all = Tensor(repeating: 0, shape: value.shape)
      all.copyRows(of: d, at: range.lowerBound, adding: false)
      return [all]
    }
  }

  /// These columns, in this order.
  public func columns(_ order: [Int32]) -> Variable {
    Variable(value.gatheringColumns(order), of: [self]) { [value] d, _ in
      [d.scatteringColumns(order, into: value.channels)]
    }
  }

  /// Columns after columns.
  public static func concatenated(_ parts: [Variable]) -> Variable {
    Variable(Tensor.concatenated(parts.map(\.value)), of: parts) { d, _ in
      var first = 0
      return parts.map { part in
        defer { first += part.columns }
        return d.channels(first..<first + part.columns)
      }
    }
  }

  /// The transpose, [columns, rows]; of small matrices.
  public func transposed() -> Variable {
    Variable(value.transposedMatrix(), of: [self]) { d, _ in [d.transposedMatrix()] }
  }
}

extension Tensor {
  /// The product, on one thread where it is less than a wait is worth.
  fileprivate static func smallProduct(
    _ a: Tensor, transposingA: Bool = false, _ b: Tensor, transposingB: Bool = false
  ) -> Tensor {
    func product() -> Tensor {
      .product(a, transposingA: transposingA, b, transposingB: transposingB)
    }
    let work = a.count * (transposingB ? b.rows : b.channels)
    return work < 1 << 19 ? ThreadPool.alone(product) : product()
  }
}
