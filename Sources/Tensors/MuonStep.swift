import CKernels

/// One update of Muon: momentum whose singular values are all brought near 1, so that a step moves
/// a matrix as far along directions that gradients seldom take as along the common ones.
///
///     m ← βm + g,  X = (g + βm)/‖g + βm‖,  5 × X ← aX + (bA + cA²)X with A = XXᵀ
///     W ← (1 − rate · decay)·W − rate · 0.2·√max(rows, columns) · X
///
/// W: [O, …], taken as a matrix with O rows. The last factor gives X the size of Adam's steps, so
/// that one rate serves both. Jordan et al. (2024), "Muon"; Liu et al. (2025), section 2.2.
public struct MuonStep {
  private let rate, momentum, weightDecay, gradientScale, averageDecay: Float

  /// The polynomial that takes singular values in (0, 1] towards 1, five times over.
  private static let (a, b, c, iterations): (Float, Float, Float, Int) = (
    3.4445, -4.7750, 2.0315, 5
  )

  /// A step at a rate; gradients are multiplied by `gradientScale` first.
  public init(
    rate: Float, momentum: Float = 0.95, weightDecay: Float, gradientScale: Float,
    averageDecay: Float
  ) {
    (self.rate, self.momentum, self.weightDecay) = (rate, momentum, weightDecay)
    (self.gradientScale, self.averageDecay) = (gradientScale, averageDecay)
  }

  /// What is updated, with its momentum and its average.
  public typealias Slot = (parameter: Parameter, momentum: Tensor, average: Tensor)

  /// Updates all of them in place and sets their gradients to zero, each on one thread, so that the
  /// bits do not depend on the number of threads.
  public func update(_ slots: [Slot]) {
    // The most work first, dealt out in turn.
    let slots = slots.sorted { Self.work($0.parameter) > Self.work($1.parameter) }
    let hands = min(ThreadPool.threads, slots.count)
    Profile.measure("optimizer") {
      ThreadPool.forEach(hands, grain: 1) {
        for hand in $0 {
          for i in stride(from: hand, to: slots.count, by: hands) { update(slots[i]) }
        }
      }
    }
  }

  private static func matrix(_ p: Parameter) -> (rows: Int, columns: Int) {
    (p.shape[0], p.shape.dropFirst().reduce(1, *))
  }

  private static func work(_ p: Parameter) -> Int {
    let (rows, columns) = matrix(p)
    return rows * columns * min(rows, columns)
  }

  private func update(_ slot: Slot) {
    let p = slot.parameter
    let (rows, columns) = Self.matrix(p)
    let (value, gradient) = (p.value, p.gradient)
    let x = Tensor(uninitialized: [rows, columns])
    glow_muon_direction(
      x.pointer, gradient.pointer, slot.momentum.pointer, momentum, gradientScale, p.value.count)
    let direction = orthogonalized(x)
    let size = rate * 0.2 * Float(max(rows, columns)).squareRoot()
    let keep = 1 - rate * (p.decays ? weightDecay : 0)
    p.change {
      glow_muon_apply(
        value.pointer, direction.pointer, slot.average.pointer, keep, size, averageDecay,
        value.count)
    }
  }

  /// The matrix with its singular values near 1: between 0.68 and 1.13, but for the very small.
  private func orthogonalized(_ x: Tensor) -> Tensor {
    let isWide = x.rows <= x.channels
    let side = min(x.rows, x.channels)
    var (x, next) = (x, Tensor(uninitialized: x.shape))
    let (squares, polynomial) = (
      Tensor(uninitialized: [side, side]), Tensor(uninitialized: [side, side])
    )
    for _ in 0..<Self.iterations {
      squares.setProduct(x, transposingA: !isWide, x, transposingB: isWide)
      polynomial.setProduct(squares, squares)
      glow_muon_polynomial(polynomial.pointer, squares.pointer, Self.a, Self.b, Self.c, side)
      if isWide { next.setProduct(polynomial, x) } else { next.setProduct(x, polynomial) }
      swap(&x, &next)
    }
    return x
  }
}
