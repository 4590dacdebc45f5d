import CKernels
import COneDNN

/// The number format that a product's operands have; it sums in float32 either way.
public enum Precision: String, Codable, CaseIterable, Sendable {
  /// IEEE 754 single precision.
  case float32
  /// The upper half of a float32, rounded to nearest, ties to even: its range with 8 bits of
  /// precision.
  case bfloat16

  /// bfloat16 where the processor multiplies it (of x86-64 alone, so far), else float32.
  public static let fastest: Precision = conednn_multiplies_bfloat16() ? .bfloat16 : .float32

  /// Whether the rows of a matrix had better not lie a power of two apart where operands have this
  /// format: they fall into the same few cache sets, which costs a product a third of its speed. But
  /// of a processor that multiplies in tiles oneDNN 2 has the product only for rows that lie one
  /// right after the other, and another at half the speed for what is set apart.
  var setsRowsApart: Bool { self == .float32 || !Self.isInTiles }
  private static let isInTiles = conednn_multiplies_in_tiles()

  /// Bytes of an element.
  public var bytes: Int { self == .float32 ? 4 : 2 }
}

extension Tensor {
  /// The same elements in another format, each rounded where it is the narrower one; `self` where
  /// it is the same.
  public func converted(to precision: Precision) -> Tensor {
    if precision == self.precision { return self }
    let out = Tensor(spread: shape, as: precision)
    out.set(converting: self)
    return out
  }

  /// Overwrites this with the elements of the other format; only for tensors that nobody else
  /// reads.
  func set(converting other: Tensor) {
    precondition(rows == other.rows && channels == other.channels)
    Profile.measure("conversions") {
      ThreadPool.forEach(rows, grain: ThreadPool.grain(channels)) {
        switch precision {
        case .float32:
          glow_widen(
            pointer, stride, other.narrowPointer, other.stride, channels, $0.lowerBound,
            $0.upperBound)
        case .bfloat16:
          glow_narrow(
            narrowPointer, stride, other.pointer, other.stride, nil, channels, $0.lowerBound,
            $0.upperBound)
        }
      }
    }
  }

  /// Overwrites this with float32 rows, rounded to bfloat16, and adds these to the sums per channel
  /// from `first` on, on the thread that calls it; only for tensors that nobody else reads.
  func set(narrowing other: Tensor, addingTo sums: inout [Double], from first: Int) {
    precondition(rows == other.rows && channels == other.channels)
    precondition(first + channels <= sums.count)
    Profile.measure("conversions") {
      sums.withUnsafeMutableBufferPointer {
        glow_narrow(
          narrowPointer, stride, other.pointer, other.stride, $0.baseAddress.map { $0 + first },
          channels, 0, rows)
      }
    }
  }
}
