/// Gradients in and out of memory that a sum over parts, or over machines, is made in.
extension Parameter {
  /// How many numbers the value has.
  public var count: Int { shape.reduce(1, *) }

  /// Some of the gradient's numbers, to read and to write.
  package func gradientNumbers(_ range: Range<Int>) -> UnsafeMutableBufferPointer<Float> {
    let gradient = gradient
    precondition(range.upperBound <= gradient.count, "\(range) of \(gradient.shape)")
    return UnsafeMutableBufferPointer(
      start: gradient.pointer + range.lowerBound, count: range.count)
  }

  /// Adds the bits of the value to a hash (FNV-1a, eight bytes at a time where there are as many).
  package func addBits(to hash: inout UInt64) {
    let bytes = UnsafeRawBufferPointer(start: value.pointer, count: 4 * value.count)
    let words = bytes.count / 8
    for i in 0..<words {
      hash = (hash ^ bytes.loadUnaligned(fromByteOffset: 8 * i, as: UInt64.self))
      hash = hash &* 0x100_0000_01b3
      hash ^= hash >> 29  // the product alone carries nothing downwards
    }
    for byte in bytes[(8 * words)...] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
  }
}
