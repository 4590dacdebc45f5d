extension Safetensors {
  /// An element type, by the name the format gives it.
  public enum DType: String, Sendable, CaseIterable {
    /// IEEE 754 double precision.
    case f64 = "F64"
    /// IEEE 754 single precision.
    case f32 = "F32"
    /// IEEE 754 half precision.
    case f16 = "F16"
    /// The upper half of single precision.
    case bf16 = "BF16"
    /// Eight bits, four of exponent.
    case f8e4m3 = "F8_E4M3"
    /// Eight bits, five of exponent.
    case f8e5m2 = "F8_E5M2"
    /// Signed, 64 bits.
    case i64 = "I64"
    /// Signed, 32 bits.
    case i32 = "I32"
    /// Signed, 16 bits.
    case i16 = "I16"
    /// Signed, 8 bits.
    case i8 = "I8"
    /// Unsigned, 64 bits.
    case u64 = "U64"
    /// Unsigned, 32 bits.
    case u32 = "U32"
    /// Unsigned, 16 bits.
    case u16 = "U16"
    /// Unsigned, 8 bits.
    case u8 = "U8"
    /// A truth value in a byte.
    case bool = "BOOL"

    /// The bytes one element takes.
    public var byteSize: Int {
      switch self {
      case .f64, .i64, .u64: 8
      case .f32, .i32, .u32: 4
      case .f16, .bf16, .i16, .u16: 2
      case .f8e4m3, .f8e5m2, .i8, .u8, .bool: 1
      }
    }
  }

  /// A Swift type that is one of the format's, bit for bit.
  public protocol Element: BitwiseCopyable, Sendable {
    /// Its name in the format.
    static var safetensorsType: DType { get }
  }
}

extension Double: Safetensors.Element {
  /// F64.
  public static var safetensorsType: Safetensors.DType { .f64 }
}
extension Float: Safetensors.Element {
  /// F32.
  public static var safetensorsType: Safetensors.DType { .f32 }
}
extension Int64: Safetensors.Element {
  /// I64.
  public static var safetensorsType: Safetensors.DType { .i64 }
}
extension Int32: Safetensors.Element {
  /// I32.
  public static var safetensorsType: Safetensors.DType { .i32 }
}
extension Int16: Safetensors.Element {
  /// I16.
  public static var safetensorsType: Safetensors.DType { .i16 }
}
extension Int8: Safetensors.Element {
  /// I8.
  public static var safetensorsType: Safetensors.DType { .i8 }
}
extension UInt64: Safetensors.Element {
  /// U64.
  public static var safetensorsType: Safetensors.DType { .u64 }
}
extension UInt32: Safetensors.Element {
  /// U32.
  public static var safetensorsType: Safetensors.DType { .u32 }
}
extension UInt16: Safetensors.Element {
  /// U16.
  public static var safetensorsType: Safetensors.DType { .u16 }
}
extension UInt8: Safetensors.Element {
  /// U8.
  public static var safetensorsType: Safetensors.DType { .u8 }
}
