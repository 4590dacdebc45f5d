/// A float32 array of any shape over pooled storage; images are N,H,W,C.
///
/// A tensor is a value: no operation changes one that has been handed out. The last dimension is
/// the channel; everything before it counts as rows. A slice of channels is a view and costs
/// nothing: its rows lie `stride` elements apart.
public struct Tensor: @unchecked Sendable {
  /// The length of each dimension.
  public let shape: [Int]
  /// Elements from one row to the next.
  let stride: Int
  private let storage: Storage
  private let offset: Int

  private init(storage: Storage, offset: Int, shape: [Int], stride: Int) {
    (self.storage, self.offset, self.shape, self.stride) = (storage, offset, shape, stride)
  }

  /// Memory for `shape`, its elements still to be written by the operation that asks for it.
  init(uninitialized shape: [Int]) {
    precondition(!shape.isEmpty && shape.allSatisfy { $0 >= 0 }, "shape \(shape)")
    self.init(
      storage: Storage(count: shape.reduce(1, *)), offset: 0, shape: shape,
      stride: shape[shape.count - 1])
  }

  /// As `uninitialized`, the rows set apart where they would else lie a power of two apart: such rows
  /// fall into the same few cache sets, which costs a matrix product a third of its speed.
  init(spread shape: [Int]) {
    let channels = shape[shape.count - 1]
    let stride = channels % 128 == 0 ? channels + 16 : channels
    let rows = shape.dropLast().reduce(1, *)
    self.init(storage: Storage(count: rows * stride), offset: 0, shape: shape, stride: stride)
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
  var pointer: UnsafeMutablePointer<Float> { storage.base + offset }
  var isContiguous: Bool { stride == channels || rows <= 1 }

  /// The elements in row-major order.
  public var elements: [Float] {
    let packed = contiguous()
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
    return Tensor(
      storage: storage, offset: offset, shape: shape,
      stride: channels == self.channels ? stride : channels)
  }

  /// A view of some channels, N,H,W,range.count, without a copy.
  public func channels(_ range: Range<Int>) -> Tensor {
    precondition(range.lowerBound >= 0 && range.upperBound <= channels, "\(range) of \(channels)")
    return Tensor(
      storage: storage, offset: offset + range.lowerBound, shape: shape.dropLast() + [range.count],
      stride: stride)
  }

  /// A view of some examples, range.count,H,W,C, without a copy.
  public func examples(_ range: Range<Int>) -> Tensor {
    precondition(range.lowerBound >= 0 && range.upperBound <= examples, "\(range) of \(examples)")
    return Tensor(
      storage: storage, offset: offset + range.lowerBound * positions * stride,
      shape: [range.count] + shape.dropFirst(), stride: stride)
  }

  /// A view of some rows as a matrix, range.count × channels, without a copy.
  func rows(_ range: Range<Int>) -> Tensor {
    precondition(range.lowerBound >= 0 && range.upperBound <= rows, "\(range) of \(rows)")
    return Tensor(
      storage: storage, offset: offset + range.lowerBound * stride,
      shape: [range.count, channels], stride: stride)
  }

  /// Writes these bytes over the elements; only for tensors that nobody else reads.
  func overwrite(_ elements: [Float]) {
    precondition(elements.count == count && isContiguous)
    elements.withUnsafeBufferPointer { from in
      if let base = from.baseAddress { pointer.update(from: base, count: count) }
    }
  }
}
