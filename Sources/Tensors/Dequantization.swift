import CKernels

extension Tensor {
  /// Uniform dequantization of 8-bit samples reduced to `bits`:
  ///
  ///     x = (⌊pixel / 2^(8−bits)⌋ + noise) / 2^bits − 0.5
  ///
  /// pixels: as many as noise has elements, in its order; noise in [0, 1).
  /// Theis, van den Oord & Bethge (2016), section 3.1.
  public static func dequantized(_ pixels: [UInt8], noise: Tensor, bits: Int) -> Tensor {
    precondition(pixels.count == noise.count && (1...8).contains(bits))
    let x = Tensor(uninitialized: noise.shape)
    pixels.withUnsafeBufferPointer { from in
      guard let base = from.baseAddress else { return }
      glow_dequantize(x.pointer, base, noise.pointer, Int32(bits), x.count)
    }
    return x
  }

  /// The 8-bit samples on whose bins x lies, those outside the range clamped.
  public func quantized(bits: Int) -> [UInt8] {
    let packed = contiguous()
    return [UInt8](unsafeUninitializedCapacity: count) { to, initialized in
      if let base = to.baseAddress { glow_quantize(base, packed.pointer, Int32(bits), count) }
      initialized = count
    }
  }
}
