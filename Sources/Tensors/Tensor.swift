/// An array of any shape over pooled storage; images are N,H,W,C. Its elements are float32, or, for
/// products alone, bfloat16.
///
/// A tensor is a value: no operation changes one that has been handed out. The last dimension is
/// the channel; everything before it counts as rows. A slice of channels is a view and costs
/// nothing: its rows lie `stride` elements apart.
public struct Tensor: @unchecked Sendable {
  /// The length of each dimension.
  public let shape: [Int]
  /// The format of the elements.
  public let precision: Precision
  /// Elements from one row to the next.
  let stride: Int
  private let storage: Storage
  private let offset: Int

  /// Memory for `shape`, its elements still to be written by the operation that asks for it.
  init(uninitialized shape: [Int], as precision: Precision = .float32) {
    self.init(shape: shape, stride: shape[shape.count - 1], precision)
  }

  /// As `uninitialized`, the rows set apart where they would else lie a power of two apart and a
  /// product of `operands`, of this format unless given, is the better for it.
  init(
    spread shape: [Int], as precision: Precision = .float32, of operands: Precision? = nil
  ) {
    let channels = shape[shape.count - 1]
    let bytes = precision.bytes
    let isApart = channels * bytes % 512 == 0 && (operands ?? precision).setsRowsApart
    let stride = isApart ? channels + 64 / bytes : channels
    self.init(shape: shape, stride: stride, precision)
  }

  /// A copy in memory of its own, outside of the pool, for what lives as long as a model.
  init(lasting other: Tensor) {
    (shape, precision, stride, offset) = (other.shape, .float32, other.channels, 0)
    storage = Storage(lasting: other.count * Precision.float32.bytes)
    overwrite(other.elements)
  }

  private init(shape: [Int], stride: Int, _ precision: Precision) {
    precondition(shape.allSatisfy { $0 >= 0 }, "shape \(shape)")
    (self.shape, self.precision, self.stride, offset) = (shape, precision, stride, 0)
    storage = Storage(bytes: shape.dropLast().reduce(1, *) * stride * precision.bytes)
  }

  /// Other rows or channels of a tensor's elements.
  private init(of other: Tensor, from first: Int = 0, shape: [Int], stride: Int) {
    (self.shape, self.stride, precision) = (shape, stride, other.precision)
    (storage, offset) = (other.storage, other.offset + first)
  }

  /// A tensor whose elements are all `value`.
  public init(repeating value: Float, shape: [Int]) {
    self.init(uninitialized: shape)
    pointer.update(repeating: value, count: count)
  }

  /// A tensor of these elements in row-major order; their number must be that of `shape`.
  public init(_ elements: [Float], shape: [Int]) {
    self.init(uninitialized: shape)
    precondition(elements.count == count, "\(elements.count) elements for shape \(shape)")
    elements.withUnsafeBufferPointer { from in
      if let base = from.baseAddress { pointer.update(from: base, count: count) }
    }
  }

  /// Rows that go through several operations at once: what begins with such a block comes to the
  /// same bits, whatever stands before it, by products whose rows do not depend on how many they
  /// are: oneDNN's with AVX-512, but not with AVX2 alone.
  public static var rowsAtOnce: Int { Block.size }

  /// The number of elements.
  public var count: Int { shape.reduce(1, *) }
  /// The length of the last dimension.
  public var channels: Int { shape[shape.count - 1] }
  /// The length of the first dimension.
  public var examples: Int { shape[0] }
  /// The number of rows of `channels` elements.
  public var rows: Int { shape.dropLast().reduce(1, *) }
  /// Rows of one example: H·W.
  public var positions: Int { shape.dropFirst().dropLast().reduce(1, *) }

  /// Valid while the tensor is: kernels take it inside a closure that has captured the tensor.
  var pointer: UnsafeMutablePointer<Float> {
    precondition(precision == .float32)
    return storage.base.assumingMemoryBound(to: Float.self) + offset
  }
  /// As `pointer`, of bfloat16.
  var narrowPointer: UnsafeMutablePointer<UInt16> {
    precondition(precision == .bfloat16)
    return storage.base.assumingMemoryBound(to: UInt16.self) + offset
  }
  /// As `pointer`, of either.
  var rawPointer: UnsafeMutableRawPointer { storage.base + offset * precision.bytes }
  var isContiguous: Bool { stride == channels || rows <= 1 }

  /// The elements in row-major order, as float32.
  public var elements: [Float] {
    let packed = converted(to: .float32).contiguous()
    return withExtendedLifetime(packed) {
      Array(UnsafeBufferPointer(start: packed.pointer, count: packed.count))
    }
  }

  /// The same elements, their rows one right after the other.
  public func contiguous() -> Tensor {
    if isContiguous { return self }
    return .concatenated([self])
  }

  /// The same elements under another shape of the same count; without a copy.
  public func reshaped(_ shape: [Int]) -> Tensor {
    let channels = shape[shape.count - 1]
    precondition(
      shape.reduce(1, *) == count && (isContiguous || channels == self.channels),
      "\(self.shape) as \(shape)")
    return Tensor(of: self, shape: shape, stride: channels == self.channels ? stride : channels)
  }

  /// A view of some channels, N,H,W,range.count, without a copy.
  public func channels(_ range: Range<Int>) -> Tensor {
    precondition(range.lowerBound >= 0 && range.upperBound <= channels, "\(range) of \(channels)")
    return Tensor(
      of: self, from: range.lowerBound, shape: shape.dropLast() + [range.count], stride: stride)
  }

  /// A view of some examples, range.count,H,W,C, without a copy.
  public func examples(_ range: Range<Int>) -> Tensor {
    precondition(range.lowerBound >= 0 && range.upperBound <= examples, "\(range) of \(examples)")
    return Tensor(
      of: self, from: range.lowerBound * positions * stride,
      shape: [range.count] + shape.dropFirst(), stride: stride)
  }

  /// A view of some rows and columns of a matrix, without a copy.
  public func matrix(_ rows: Range<Int>, _ columns: Range<Int>) -> Tensor {
    self.rows(rows).channels(columns)
  }

  /// A view of some rows as a matrix, range.count × channels, without a copy.
  func rows(_ range: Range<Int>) -> Tensor {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "\(range) of \(rows)")
    return Tensor(
      of: self, from: range.lowerBound * stride, shape: [range.count, channels], stride: stride)
  }

  /// Writes these bytes over the elements; only for tensors that nobody else reads.
  func overwrite(_ elements: [Float]) {
    precondition(elements.count == count && isContiguous)
    elements.withUnsafeBufferPointer { from in
      if let base = from.baseAddress { pointer.update(from: base, count: count) }
    }
  }
}
