import CKernels

/// The integers that stored samples are reduced to, and where they stand on the real line:
///
///     x = (⌊sample / 2^shift⌋ + noise) · width + origin,  noise in [0, 1)
public struct SampleGrid: Sendable {
  fileprivate let grid: glow_grid
  /// log2(1/Δ), Δ the width of a bin.
  public let binBits: Int

  /// 8-bit samples of an image reduced to `bits`: Δ = 2^−bits, from −0.5 up to 0.5.
  public static func image(bits: Int) -> SampleGrid {
    precondition((1...8).contains(bits))
    let top = Float(1 << bits) - 1
    return SampleGrid(
      grid: glow_grid(
        shift: Int32(8 - bits), lowest: 0, highest: top, width: 1 / Float(1 << bits), origin: -0.5,
        step: 255 / top), binBits: bits)
  }

  /// 16-bit samples of a sound: Δ = 2^−15, from −1 up to 1.
  public static let sound = SampleGrid(
    grid: glow_grid(
      shift: 0, lowest: -32768, highest: 32767, width: 1 / 32768, origin: 0, step: 1), binBits: 15)
}

extension Tensor {
  /// Uniform dequantization: each sample, and as much of a bin as noise says, in noise's shape.
  ///
  /// Theis, van den Oord & Bethge (2016), section 3.1.
  public static func dequantized(_ samples: [Int16], noise: Tensor, on grid: SampleGrid) -> Tensor {
    precondition(samples.count == noise.count)
    let x = Tensor(uninitialized: noise.shape)
    samples.withUnsafeBufferPointer { from in
      guard let base = from.baseAddress else { return }
      glow_dequantize(x.pointer, base, noise.pointer, grid.grid, x.count)
    }
    return x
  }

  /// The samples on whose bins x lies, and how many lay outside the range and were clamped.
  public func quantized(on grid: SampleGrid) -> (samples: [Int16], clamped: Int) {
    let packed = contiguous()
    var clamped = 0
    let samples = [Int16](unsafeUninitializedCapacity: count) { to, initialized in
      if let base = to.baseAddress {
        clamped = glow_quantize(base, packed.pointer, grid.grid, count)
      }
      initialized = count
    }
    return (samples, clamped)
  }
}
