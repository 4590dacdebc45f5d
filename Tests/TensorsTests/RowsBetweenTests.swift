import Testing

@testable import Tensors

@Suite struct RowsBetweenTests {
  /// ⟨add(table), d⟩ = ⟨table, backward(d)⟩, over so many rows that several threads sum their own.
  @Test func backwardIsTheTransposeOfAdding() {
    let (rows, places) = (1500, 12)
    func noise(_ shape: [Int], _ seed: UInt64) -> Tensor {
      RandomStream(seed: seed, .samples).normal(shape)
    }
    let told = RowsBetween(
      noise([2, 1, places, 5], 1),
      RowsBetween.Places(
        (0..<2 * rows).map { r in
          let at = Double(r % rows) / Double(rows) * Double(places - 1)
          return (r / rows * places + Int(at), Float(at - at.rounded(.down)))
        }, count: 2 * places))
    let d = noise([2, 1, rows, 5], 2)
    let sum = told.beside(Tensor(repeating: 0, shape: [2, 1, rows, 1])).channels(1..<6)
    func product(_ a: Tensor, _ b: Tensor) -> Double {
      zip(a.elements, b.elements).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let (left, right) = (product(sum, d), product(told.table, told.backward(d)))
    #expect(abs(left - right) < 1e-4 * abs(left), "\(left), \(right)")
  }
}
