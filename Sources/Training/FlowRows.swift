import Foundation
import Media
import Models
import Tensors

/// A table's rows as a `FlowDensity` takes them: its columns in its order, brought to its scale in
/// double precision, and the context beside them.
public struct FlowRows: Sendable {
  /// N·D numbers.
  let own: [Float]
  let context: ContextRows
  /// N.
  public let count: Int
  private let columns: Int
  /// Per column the width of the uniform noise that is added; 0 where none is.
  private let noise: [Float]

  /// The rows of a table. Throws a `FileError` if it lacks one of the model's columns, or holds a
  /// value of context that the model has not seen.
  public init(_ table: Table, for c: FlowConfiguration) throws {
    let chosen = try table.selecting(c.columnsWithContext)
    let d = c.columns.count
    var own: [Float] = []
    own.reserveCapacity(chosen.rows * d)
    for n in 0..<chosen.rows {
      for (i, value) in chosen.row(n).prefix(d).enumerated() {
        own.append(Float((value - c.shift[i]) / c.scale[i]))
      }
    }
    context = try ContextRows(chosen, for: c)
    (self.own, count, columns) = (own, chosen.rows, d)
    noise = c.columns.enumerated().map { i, name in
      c.discrete.contains(name) ? Float(1 / c.scale[i]) : 0
    }
  }

  /// These rows: x, [N, D], and their context. Columns of whole numbers get the stream's noise, a
  /// number's at its place in the set.
  public func batch(_ rows: some Collection<Int>, noise stream: RandomStream) -> (
    x: Tensor, context: Context
  ) {
    var x: [Float] = []
    x.reserveCapacity(rows.count * columns)
    for n in rows { x += own[n * columns..<(n + 1) * columns] }
    if noise.contains(where: { $0 > 0 }) {
      for (i, n) in rows.enumerated() {
        let u = stream.uniform([columns], from: n * columns).elements
        for column in 0..<columns { x[i * columns + column] += noise[column] * u[column] }
      }
    }
    return (Tensor(x, shape: [rows.count, columns]), context.context(rows))
  }

  /// Some of the rows, each with the noise of the first: what they come to depends on themselves
  /// alone.
  package func alike(_ range: Range<Int>, noise stream: RandomStream) -> (
    x: Tensor, context: Context
  ) {
    let u = stream.uniform([columns]).elements
    let x = range.flatMap { n in
      (0..<columns).map { own[n * columns + $0] + noise[$0] * u[$0] }
    }
    return (Tensor(x, shape: [range.count, columns]), context.context(Array(range)))
  }

  /// Some of the rows.
  public func rows(_ range: Range<Int>, noise stream: RandomStream) -> (x: Tensor, context: Context)
  {
    batch(Array(range), noise: stream)
  }
}

extension FlowConfiguration {
  /// The rows that a model gave, [N, D], as numbers of the columns: whole ones where the columns
  /// are.
  public func values(of x: Tensor) -> [Double] {
    let (elements, d) = (x.elements, columns.count)
    let isDiscrete = columns.map { discrete.contains($0) }
    return elements.enumerated().map { i, element in
      let column = i % d
      let value = Double(element) * scale[column] + shift[column]
      return isDiscrete[column] ? value.rounded(.down) : value
    }
  }

  /// Standardises the columns as they are in a table, which should be of the rows to train on.
  public mutating func standardize(by table: Table) throws {
    let own = try table.selecting(columns)
    for (i, name) in columns.enumerated() {
      let (mean, deviation) = own.moments(of: i)
      // uniform noise of width 1 moves the mean by a half and adds a twelfth to the variance
      let isDiscrete = discrete.contains(name)
      shift[i] = mean + (isDiscrete ? 0.5 : 0)
      scale[i] = max((deviation * deviation + (isDiscrete ? 1.0 / 12 : 0)).squareRoot(), 1e-300)
    }
  }
}
