import CKernels

/// A table whose rows stand for the rows of a larger tensor, several for each, by lines drawn from
/// row to row:
///
///     row r is told (1 − w) · table[p] + w · table[p + 1],   p = places[r], w = shares[r]
///
/// What is known at a coarser resolution so costs its own size alone, however fine the tensor is.
public struct RowsBetween {
  /// Where in a table rows of a tensor stand.
  public struct Places {
    /// The row of the table before each, and how much of the way to the next it is, in 0..<1.
    let rows: [Int32]
    let shares: [Float]

    /// Places in a table of `count` rows, one for each row of a tensor.
    public init(_ places: [(row: Int, share: Float)], count: Int) {
      precondition(
        places.allSatisfy { 0 <= $0.row && $0.row + ($0.share > 0 ? 1 : 0) < count },
        "places in the table")
      (rows, shares) = (places.map { Int32($0.row) }, places.map(\.share))
    }
  }

  /// [..., C]
  public let table: Tensor
  private let places: Places

  /// A table and where the rows of a tensor stand in it.
  public init(_ table: Tensor, _ places: Places) { (self.table, self.places) = (table, places) }

  /// A table with a row for each row of the tensor.
  public init(rowByRow table: Tensor) {
    self.init(table, Places((0..<table.rows).map { ($0, 0) }, count: table.rows))
  }

  /// Other rows in the place of the table's.
  public func replaced(by table: Tensor) -> RowsBetween {
    precondition(table.rows == self.table.rows, "\(table.shape) for \(self.table.shape)")
    return RowsBetween(table, places)
  }

  /// Some of the channels, without a copy.
  public func channels(_ range: Range<Int>) -> RowsBetween {
    RowsBetween(table.channels(range), places)
  }

  /// What is told to some of the examples, [N, …] as the table.
  public func examples(_ range: Range<Int>) -> RowsBetween {
    let each = places.rows.count / table.examples
    let rows = range.lowerBound * each..<range.upperBound * each
    let first = range.lowerBound * table.positions
    return RowsBetween(
      table.examples(range),
      Places(
        rows.map { (Int(places.rows[$0]) - first, places.shares[$0]) },
        count: range.count * table.positions))
  }

  /// A tensor with what its rows are told as channels behind its own, in its format.
  public func beside(_ x: Tensor) -> Tensor {
    let out = Tensor(uninitialized: x.shape.dropLast() + [x.channels + table.channels])
    out.copyRows(of: x.converted(to: .float32), at: 0, adding: false)
    let told = out.channels(x.channels..<out.channels)
    told.clearRows()
    ThreadPool.forEach(x.rows, grain: ThreadPool.grain(table.channels)) { add(to: told, $0) }
    return out.converted(to: x.precision)
  }

  /// Adds to these rows of a tensor, in place, what they are told.
  func add(to x: Tensor, _ rows: Range<Int>) {
    precondition(x.channels == table.channels && rows.upperBound <= places.rows.count)
    places.rows.withUnsafeBufferPointer { at in
      places.shares.withUnsafeBufferPointer { shares in
        glow_add_between(
          x.pointer, x.stride, table.pointer, table.stride, at.baseAddress, shares.baseAddress,
          x.channels, rows.lowerBound, rows.upperBound)
      }
    }
  }

  /// The gradient of the table, from that of the tensor that its rows were added to.
  func backward(_ dx: Tensor) -> Tensor {
    precondition(dx.rows == places.rows.count && dx.channels == table.channels)
    let shape = [table.rows, dx.channels]
    let parts = Block.map(of: dx) { blocks in
      let sums = Tensor(repeating: 0, shape: shape)
      places.rows.withUnsafeBufferPointer { at in
        places.shares.withUnsafeBufferPointer { shares in
          for block in blocks {
            glow_sum_between(
              sums.pointer, sums.stride, dx.pointer, dx.stride, at.baseAddress,
              shares.baseAddress, dx.channels, block.rows.lowerBound, block.rows.upperBound)
          }
        }
      }
      return sums
    }
    for part in parts.dropFirst() { parts[0].copyRows(of: part, at: 0, adding: true) }
    return parts[0]
  }
}
