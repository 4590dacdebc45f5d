import CKernels

/// A table whose rows stand for the rows of a larger tensor, several for each: row r of that is
/// told row places[r] of this. So what is known at a coarser resolution costs its own size alone,
/// however fine the tensor is.
public struct RepeatedRows {
  /// [..., C]
  public let table: Tensor
  /// The table's row for each row of the larger tensor.
  public let places: [Int32]

  /// Rows of a table, each place of which must be one of them.
  public init(_ table: Tensor, places: [Int32]) {
    precondition(places.allSatisfy { 0 <= $0 && $0 < table.rows }, "places in the table")
    (self.table, self.places) = (table, places)
  }

  private init(_ table: Tensor, sharing places: [Int32]) {
    (self.table, self.places) = (table, places)
  }

  /// Other rows in the place of the table's.
  public func replaced(by table: Tensor) -> RepeatedRows {
    precondition(table.rows == self.table.rows, "\(table.shape) for \(self.table.shape)")
    return RepeatedRows(table, sharing: places)
  }

  /// Some of the channels, without a copy.
  public func channels(_ range: Range<Int>) -> RepeatedRows {
    RepeatedRows(table.channels(range), sharing: places)
  }

  /// The larger tensor's rows told by the table, [places, C].
  public var rows: Tensor {
    let out = Tensor(repeating: 0, shape: [places.count, table.channels])
    add(to: out, 0..<places.count)
    return out
  }

  /// Adds to these rows of a tensor, in place, what the table has for them.
  func add(to x: Tensor, _ rows: Range<Int>) {
    precondition(x.channels == table.channels && rows.upperBound <= places.count)
    places.withUnsafeBufferPointer {
      glow_add_repeated(
        x.pointer, x.stride, table.pointer, table.stride, $0.baseAddress, x.channels,
        rows.lowerBound, rows.upperBound)
    }
  }

  /// The gradient of the table, from that of the tensor that its rows were added to:
  ///
  ///     d table[p] = Σ dx[r],  places[r] = p
  func backward(_ dx: Tensor) -> Tensor {
    precondition(dx.rows == places.count && dx.channels == table.channels)
    let shape = [table.rows, dx.channels]
    let parts = Block.map(of: dx) { blocks in
      let sums = Tensor(repeating: 0, shape: shape)
      places.withUnsafeBufferPointer { places in
        for block in blocks {
          glow_sum_repeated(
            sums.pointer, sums.stride, dx.pointer, dx.stride, places.baseAddress, dx.channels,
            block.rows.lowerBound, block.rows.upperBound)
        }
      }
      return sums
    }
    for part in parts.dropFirst() { parts[0].copyRows(of: part, at: 0, adding: true) }
    return parts[0]
  }
}
