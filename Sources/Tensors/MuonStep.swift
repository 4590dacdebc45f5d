import CKernels

/// One update of Muon: momentum whose singular values are all brought near 1, so that a step moves
/// a matrix as far along directions that gradients seldom take as along the common ones.
///
///     m ← βm + g,  X = (g + βm)/(‖g + βm‖ + 1e-7),  5 × X ← aX + (bA + cA²)X with A = XXᵀ
///     W ← (1 − rate · decay)·W − interval · rate · 0.2·√max(rows, columns) · X
///
/// X, which costs more than the rest of training where W is wide and positions are few, is only
/// found every `interval` steps, for each matrix at another of them; between, only m moves.
///
/// W: [O, …], taken as a matrix with O rows. The last factor gives X the size of Adam's steps, so
/// that one rate serves both. Jordan et al. (2024), "Muon"; Liu et al. (2025), section 2.2.
public struct MuonStep {
  private let rate, momentum, weightDecay, gradientScale, averageDecay: Float
  private let iteration, interval: Int

  /// The polynomial that takes singular values in (0, 1] towards 1, five times over.
  private static let (a, b, c, iterations): (Float, Float, Float, Int) = (
    3.4445, -4.7750, 2.0315, 5
  )

  /// Step `iteration`, counted from 0; gradients are multiplied by `gradientScale` first.
  public init(
    iteration: Int, interval: Int = 1, rate: Float, momentum: Float = 0.95, weightDecay: Float,
    gradientScale: Float, averageDecay: Float
  ) {
    (self.iteration, self.interval) = (iteration, interval)
    (self.rate, self.momentum, self.weightDecay) = (rate, momentum, weightDecay)
    (self.gradientScale, self.averageDecay) = (gradientScale, averageDecay)
  }

  /// What is updated, with its momentum and its average.
  public typealias Slot = (parameter: Parameter, momentum: Tensor, average: Tensor)

  /// Updates all of them in place and sets their gradients to zero, each on one thread, so that the
  /// bits do not depend on the number of threads.
  public func update(_ slots: [Slot]) {
    let work = slots.enumerated().map { i, slot in
      (slot: slot, flops: (iteration + i) % interval == 0 ? Self.flops(slot.parameter.shape) : 0)
    }.sorted { $0.flops > $1.flops }
    // The most work first, dealt out in turn.
    let hands = min(ThreadPool.threads, work.count)
    ThreadPool.forEach(hands, grain: 1) {
      for hand in $0 {
        for i in stride(from: hand, to: work.count, by: hands) {
          update(work[i].slot, moves: work[i].flops > 0)
        }
      }
    }
  }

  private static func matrix(_ shape: [Int]) -> (rows: Int, columns: Int) {
    (shape[0], shape.dropFirst().reduce(1, *))
  }

  /// Multiply-adds, times two, that it takes to find X for a matrix of this shape.
  public static func flops(_ shape: [Int]) -> Double {
    let (rows, columns) = matrix(shape)
    let (side, length) = (Double(min(rows, columns)), Double(max(rows, columns)))
    return Double(iterations) * 2 * side * side * (2 * length + side)
  }

  private func update(_ slot: Slot, moves: Bool) {
    let p = slot.parameter
    let (rows, columns) = Self.matrix(p.shape)
    let (value, gradient) = (p.value, p.gradient)
    var x = moves ? Tensor(uninitialized: [rows, columns]) : nil
    Profile.measure("optimizer") {
      glow_muon_direction(
        x?.pointer, gradient.pointer, slot.momentum.pointer, momentum, gradientScale, value.count)
    }
    x = x.map(orthogonalized)
    let size = Float(interval) * rate * 0.2 * Float(max(rows, columns)).squareRoot()
    let keep = 1 - rate * (p.decays ? weightDecay : 0)
    Profile.measure("optimizer") {
      p.change {
        glow_muon_apply(
          value.pointer, x?.pointer, slot.average.pointer, keep, size, averageDecay, value.count)
      }
    }
  }

  /// The matrix with its singular values near 1: from 0.68 to 1.20, but for those below a thousandth.
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
